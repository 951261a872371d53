package dialect

// Settings returns the SET statements that the rewritten text needs. They belong to a
// connection: run them on each.
func Settings() []string {
	return []string{
		"SET integer_division = true",
		"SET default_null_order = 'nulls_last_on_asc_first_on_desc'",
		"SET TimeZone = 'UTC'",
	}
}

// Macros returns the statements that make the macros that the rewritten text needs, in a
// catalog e6dialect of their own. They belong to a database: run them once, when it
// opens. Each may run again. A list of catalogs must leave out e6dialect.
func Macros() []string {
	out := []string{"ATTACH IF NOT EXISTS ':memory:' AS e6dialect"}
	for _, m := range macros {
		out = append(out, "CREATE OR REPLACE MACRO "+macroCatalog+m)
	}
	return out
}

var macros = [...]string{
	`initcap(s) AS array_to_string(list_transform(string_split(lower(s), ' '), lambda e6_word: upper(e6_word[1]) || e6_word[2:]), ' ')`,

	// The place of part in s from character pos on, or 0.
	`locate(s, part, pos) AS CASE WHEN instr(substr(s, pos), part) = 0 THEN 0 ELSE instr(substr(s, pos), part) + pos - 1 END`,

	// The place of the n-th occurrence of part, where occurrences do not overlap.
	`instr(s, part, pos, n) AS CASE
		WHEN length(string_split(substr(s, pos), part)) <= n THEN 0
		ELSE pos + length(array_to_string(string_split(substr(s, pos), part)[1:n], part)) END`,

	// At most n pieces; the last one has all that is left.
	`split(s, re, n) AS CASE
		WHEN n <= 0 OR length(regexp_split_to_array(s, re)) <= n THEN regexp_split_to_array(s, re)
		ELSE list_append(regexp_split_to_array(s, re)[1:n-1], substr(s, 1 +
			length(array_to_string(regexp_split_to_array(s, re)[1:n-1], '')) +
			length(array_to_string(regexp_extract_all(s, re)[1:n-1], '')))) END`,

	// Letters of one sound that stand beside each other count once, with h and w between
	// them, too.
	`soundex(s) AS CASE WHEN NOT regexp_matches(s, '[a-zA-Z]') THEN '' ELSE left(left(regexp_replace(lower(s), '[^a-z]', '', 'g'), 1) || replace(substr(
		regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(
			translate(regexp_replace(lower(s), '[^a-z]', '', 'g'), 'abcdefgijklmnopqrstuvxyzhw', '012301202245501262301202'),
		'1+', '1', 'g'), '2+', '2', 'g'), '3+', '3', 'g'), '4+', '4', 'g'), '5+', '5', 'g'), '6+', '6', 'g'),
		CASE WHEN regexp_matches(lower(s), '^[^a-z]*[hw]') THEN 1 ELSE 2 END), '0', '') || '000', 4) END`,

	`width_bucket(x, low, high, n) AS CASE
		WHEN x < low THEN 0
		WHEN x >= high THEN CAST(n AS INTEGER) + 1
		ELSE CAST(floor(CAST(x - low AS DOUBLE) / CAST(high - low AS DOUBLE) * n) AS INTEGER) + 1 END`,

	// DuckDB's name of a time zone: UTC-11 is Etc/GMT+11.
	`zone(name) AS CASE
		WHEN regexp_full_match(name, '(UTC|GMT|UT)[+-]0?\d{1,2}(:00)?') THEN 'Etc/GMT' ||
			translate(regexp_extract(name, '[+-]'), '+-', '-+') || CAST(CAST(regexp_extract(name, '[+-](\d+)', 1) AS INTEGER) AS VARCHAR)
		ELSE name END`,

	// The length of an array, or of a map.
	`size(x) AS CASE json_type(to_json(x))
		WHEN 'ARRAY' THEN json_array_length(to_json(x))
		WHEN 'OBJECT' THEN length(json_keys(to_json(x))) END`,

	`json_text(j, path) AS json_extract_string(j, CASE WHEN starts_with(path, '$') THEN path ELSE '$.' || path END)`,

	// The engine's name of DuckDB's type.
	`type_name(t) AS CASE
		WHEN t IN ('TINYINT', 'SMALLINT', 'INTEGER') THEN 'INT'
		WHEN t = 'HUGEINT' THEN 'DECIMAL(38,0)'
		WHEN t = 'BLOB' THEN 'VARBINARY'
		WHEN t = 'TIMESTAMP WITH TIME ZONE' THEN 'TIMESTAMP_TZ'
		WHEN t = 'JSON' THEN 'VARCHAR'
		WHEN ends_with(t, '[]') THEN 'ARRAY'
		WHEN starts_with(t, 'MAP(') THEN 'MAP'
		WHEN starts_with(t, 'STRUCT(') THEN 'STRUCT'
		ELSE t END`,
}
