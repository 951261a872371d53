"""Reads a result of the benchmarks with the vendor's Python connector and prints how long it took.

The program next to this file starts it, once for each measurement, and reads the line of JSON that it
prints. Arguments: address, statement, "fetchall" or "fetchmany", number of queries.

Without arguments it prints the versions of what it would measure. It exits with status 3, and the reason
on standard error, where the connector cannot be imported.
"""

import json
import platform
import sys
import time

NOT_INSTALLED = 3
MANY = 1000  # rows of a fetchmany, which the connector itself names as its array size


def connector():
    """Returns the connector's class Connection."""
    try:
        from e6data_python_connector import Connection
    except Exception as e:  # a package that it needs may fail in its own way
        print("e6data_python_connector cannot be imported: %s: %s" % (type(e).__name__, e), file=sys.stderr)
        sys.exit(NOT_INSTALLED)
    return Connection


def version(package):
    """Returns the version of an installed package, or "of unknown version"."""
    try:
        from importlib.metadata import version as of
        return of(package)
    except Exception:
        return "of unknown version"


def versions():
    """Returns the versions that belong beside the figures."""
    connector()
    return {
        "python": "%s %s" % (platform.python_implementation(), platform.python_version()),
        "connector": version("e6data-python-connector"),
        "grpcio": version("grpcio"),
        "thrift": version("thrift"),
        "protobuf": version("protobuf"),
    }


def fetch_all(cursor):
    """Returns the number of rows, all of which are in memory at the end."""
    return len(cursor.fetchall())


def fetch_many(cursor):
    """Returns the number of rows, of which MANY are in use at a time."""
    n = 0
    while True:
        rows = cursor.fetchmany(MANY)
        if not rows:
            return n
        n += len(rows)


READERS = {"fetchall": fetch_all, "fetchmany": fetch_many}


def measure(address, statement, reader, times):
    """Returns the rows of each query, and the seconds from execute to the last row."""
    host, port = address.rsplit(":", 1)
    connection = connector()(host=host, port=int(port), username="user@example.com", password="secret-token",
                             database="db")
    read = READERS[reader]

    def query(sql):
        cursor = connection.cursor()
        start, cpu = time.perf_counter(), time.process_time()
        cursor.execute(sql)
        n = read(cursor)
        took, used = time.perf_counter() - start, time.process_time() - cpu
        cursor.close()  # which clears the query
        return n, took, used

    query("SELECT 1")  # connects and authenticates
    counts, seconds, cpu_seconds = [], [], []
    for _ in range(times):
        n, took, used = query(statement)
        counts.append(n)
        seconds.append(took)
        cpu_seconds.append(used)
    connection.close()
    return {"rows": counts, "seconds": seconds, "cpu_seconds": cpu_seconds, "peak_rss": peak_rss()}


def peak_rss():
    """Returns the most memory that this process has had, in bytes; 0 where the system does not tell."""
    try:
        with open("/proc/self/status") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


if __name__ == "__main__":
    if len(sys.argv) == 1:
        print(json.dumps(versions()))
    else:
        print(json.dumps(measure(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))))
