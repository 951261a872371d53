"""Runs statements with the vendor's Python connector for the comparison with the driver.

The program next to this file writes commands to standard input, one JSON document a line, and reads one
line of JSON for each from standard output:

    {"op": "connect", "host": ..., "port": ..., "user": ..., "password": ..., "database": ..., "catalog": ...}
    {"op": "execute", "sql": ..., "parameters": null, or an object for %(name)s}
    {"op": "fetch", "size": 0 for fetchall, -1 for fetchmany(), or the rows of each fetchmany}
    {"op": "browse", "path": [kind, catalog, schema, table]}

An answer is an object with columns, rows, row_count and error, of which any may
be missing. A cell is [type, text]: see encode. Without a connector the program exits with status 3 and
the reason on standard error.
"""

import base64
import json
import struct
import sys
from decimal import Decimal

NOT_INSTALLED = 3


def encode(value):
    """Returns a cell in a form that keeps its type, and every bit of it."""
    if value is None:
        return ["null", ""]
    if isinstance(value, bool):
        return ["bool", "true" if value else "false"]
    if isinstance(value, int):
        return ["int", str(value)]
    if isinstance(value, float):
        return ["float", struct.pack(">d", value).hex()]
    if isinstance(value, str):
        return ["text", value]
    if isinstance(value, (bytes, bytearray)):
        return ["bytes", base64.b64encode(value).decode()]
    if isinstance(value, Decimal):
        return ["decimal", format(value, "f")]
    return ["other", "%s %r" % (type(value).__name__, value)]


def failure(e):
    """Returns an exception: a gRPC error by its code and details, any other by its class."""
    code = getattr(e, "code", None)
    if callable(code) and callable(getattr(e, "details", None)):
        return {"class": "grpc", "code": e.code().name, "message": e.details()}
    return {"class": type(e).__name__, "code": "", "message": str(e)}


class Session:
    """Session has the connection and the cursor of the commands."""

    def __init__(self, connection_class):
        self.connection_class = connection_class
        self.connection = None
        self.cursor = None

    def connect(self, c):
        if self.connection is not None:
            self.connection.close()
        self.connection = self.connection_class(
            host=c["host"], port=c["port"], username=c["user"], password=c["password"],
            database=c["database"], catalog=c["catalog"] or None)
        return {}

    def execute(self, c):
        self.cursor = self.connection.cursor()
        self.cursor.execute(c["sql"], c.get("parameters"))
        return {}

    def fetch(self, c):
        cursor, size = self.cursor, c["size"]
        answer = {
            "row_count": cursor.rowcount,
            "columns": [[name, word] for name, word, *_ in cursor.description],
        }
        rows = []
        if size == 0:
            rows = cursor.fetchall()
        else:
            while True:
                some = cursor.fetchmany() if size < 0 else cursor.fetchmany(size)
                if not some:
                    break
                rows.extend(some)
        answer["rows"] = [[encode(v) for v in row] for row in rows]
        cursor.close()
        return answer

    def browse(self, c):
        kind, *path = c["path"]
        if kind == "columns":
            rows = [[f["fieldName"], f["fieldType"]] for f in self.connection.get_columns(*path)]
        elif kind == "tables":
            rows = [[name] for name in self.connection.get_tables(*path)]
        else:
            rows = [[name] for name in self.connection.get_schema_names(*path)]
        return {"rows": [[encode(v) for v in row] for row in rows]}


def main():
    try:
        from e6data_python_connector import Connection
    except Exception as e:  # a package that it needs may fail in its own way
        print("e6data_python_connector cannot be imported: %s: %s" % (type(e).__name__, e), file=sys.stderr)
        sys.exit(NOT_INSTALLED)
    session = Session(Connection)
    print("{}", flush=True)  # ready
    for line in sys.stdin:
        command = json.loads(line)
        try:
            answer = getattr(session, command["op"])(command)
        except Exception as e:
            answer = {"error": failure(e)}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
