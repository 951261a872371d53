//go:build cgo

package emulator

import "errors"

// addDemo makes the catalog demo, whose rows are always the same.
func (d *database) addDemo() error {
	at := place{"demo", d.cfg.Engine.Database}
	return errors.Join(
		d.attach(at.catalog, ":memory:"),
		d.in.run("USE "+at.String()),
		d.in.run(demoTypes),
		d.in.run(demoEvents),
		d.in.run("USE "+place{d.cfg.Catalog, d.cfg.Engine.Database}.String()))
}

// demoTypes has every type that the protocol carries: usual values, extreme ones, and NULL.
const demoTypes = `
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE TABLE types (
	id INTEGER, flag BOOLEAN, tiny TINYINT, small SMALLINT, medium INTEGER, large BIGINT, huge HUGEINT,
	single FLOAT, precise DOUBLE, money DECIMAL(10,2), wide DECIMAL(38,10), text VARCHAR, raw BLOB,
	day DATE, moment TIMESTAMP, instant TIMESTAMPTZ, feeling mood, uid UUID,
	list INTEGER[], words VARCHAR[], map MAP(VARCHAR, INTEGER), struct STRUCT(a INTEGER, b VARCHAR));
INSERT INTO types VALUES
	(1, true, 7, 300, 70000, 5000000000, 170141183460469231731, 1.5, 2.25, 12.30, 1234567890.0123456789, 'Grüße 🙂', '\xCA\xFE',
	 '2024-02-29', '2024-02-29 23:59:58.123456', '2024-02-29 23:59:58.123456+05:30', 'happy', '8d6f1a52-4b7d-4f0e-9d0c-6d1b1f0b7a11',
	 [1, 2, NULL], ['a', 'b c'], MAP {'one': 1, 'two': 2}, {'a': 1, 'b': 'x'}),
	(2, false, -128, -32768, -2147483648, -9223372036854775808, -99999999999999999999999999999999999999, -3.4e38, -1.7976931348623157e308,
	 -99999999.99, -9999999999999999999999999999.9999999999, '', '',
	 '0001-01-01', '0001-01-01 00:00:00', '0001-01-01 00:00:00+00', 'sad', '00000000-0000-0000-0000-000000000000',
	 [], [], MAP {}, {'a': NULL, 'b': NULL}),
	(3, true, 127, 32767, 2147483647, 9223372036854775807, 99999999999999999999999999999999999999, 3.4e38, 1.7976931348623157e308,
	 99999999.99, 9999999999999999999999999999.9999999999, repeat('long ', 100), '\x00\xFF',
	 '9999-12-31', '9999-12-31 23:59:59.999999', '9999-12-31 23:59:59.999999+00', 'ok', 'ffffffff-ffff-ffff-ffff-ffffffffffff',
	 range(100), ['NULL', ''], MAP {'': 0}, {'a': 2147483647, 'b': ''}),
	(4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);`

// demoEvents has an event every 20 minutes of 2023 and 2024, 52,632 in all.
const demoEvents = `
CREATE TABLE events AS SELECT
	(n + 1)::BIGINT AS id,
	TIMESTAMP '2023-01-01 00:00:00' + INTERVAL 20 MINUTE * n + INTERVAL 1 SECOND * (hash(n, 1) % 1200)::INTEGER AS moment,
	['view', 'view', 'view', 'click', 'click', 'order'][1 + (hash(n, 2) % 6)::INTEGER] AS kind,
	(1 + hash(n, 3) % 500)::INTEGER AS user_id,
	['DE', 'FR', 'IN', 'US', NULL][1 + (hash(n, 4) % 5)::INTEGER] AS country,
	CASE WHEN kind = 'order' THEN ((hash(n, 5) % 20000)::DECIMAL(10,2) / 100)::DECIMAL(10,2) END AS amount
FROM range(52632) t(n);`
