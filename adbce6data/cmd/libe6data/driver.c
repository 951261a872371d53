// The table of the driver's functions. Each function takes the handle out of a structure,
// and calls a function of Go with it.

#include <errno.h>
#include <string.h>

#include "_cgo_export.h"

// HANDLE returns the handle of a database, a connection or a statement; 0 for none.
#define HANDLE(object) ((object) == NULL ? 0 : (object)->private_data)

// RELEASE defines the function that releases an object. A second release is an error of
// e6_release.
#define RELEASE(Object)                                                                               \
  static AdbcStatusCode Object##_release(struct Adbc##Object *o, struct AdbcError *e) {               \
    AdbcStatusCode code = e6_release(HANDLE(o), e);                                                   \
    if (o != NULL) o->private_data = 0;                                                               \
    return code;                                                                                      \
  }

#define OPTIONS(Object)                                                                               \
  static AdbcStatusCode Object##_set(struct Adbc##Object *o, const char *key, const char *value,      \
                                     struct AdbcError *e) {                                           \
    return e6_set_option(HANDLE(o), key, value, e);                                                   \
  }                                                                                                   \
  static AdbcStatusCode Object##_set_bytes(struct Adbc##Object *o, const char *key,                   \
                                           const uint8_t *value, size_t n, struct AdbcError *e) {     \
    return e6_set_option_bytes(HANDLE(o), key, value, n, e);                                          \
  }                                                                                                   \
  static AdbcStatusCode Object##_set_int(struct Adbc##Object *o, const char *key, int64_t value,      \
                                         struct AdbcError *e) {                                       \
    return e6_set_option_int(HANDLE(o), key, value, e);                                               \
  }                                                                                                   \
  static AdbcStatusCode Object##_set_double(struct Adbc##Object *o, const char *key, double value,    \
                                            struct AdbcError *e) {                                    \
    return e6_set_option_double(HANDLE(o), key, value, e);                                            \
  }                                                                                                   \
  static AdbcStatusCode Object##_get(struct Adbc##Object *o, const char *key, char *out, size_t *n,   \
                                     struct AdbcError *e) {                                           \
    return e6_get_option(HANDLE(o), key, (uint8_t *)out, n, 1, e);                                    \
  }                                                                                                   \
  static AdbcStatusCode Object##_get_bytes(struct Adbc##Object *o, const char *key, uint8_t *out,     \
                                           size_t *n, struct AdbcError *e) {                          \
    return e6_get_option(HANDLE(o), key, out, n, 0, e);                                               \
  }                                                                                                   \
  static AdbcStatusCode Object##_get_int(struct Adbc##Object *o, const char *key, int64_t *out,       \
                                         struct AdbcError *e) {                                       \
    return e6_get_option_int(HANDLE(o), key, out, e);                                                 \
  }                                                                                                   \
  static AdbcStatusCode Object##_get_double(struct Adbc##Object *o, const char *key, double *out,     \
                                            struct AdbcError *e) {                                    \
    return e6_get_option_double(HANDLE(o), key, out, e);                                              \
  }

RELEASE(Database)
RELEASE(Connection)
RELEASE(Statement)
OPTIONS(Database)
OPTIONS(Connection)
OPTIONS(Statement)

static AdbcStatusCode database_new(struct AdbcDatabase *d, struct AdbcError *e) {
  return e6_database_new(d == NULL ? NULL : &d->private_data, e);
}

static AdbcStatusCode database_init(struct AdbcDatabase *d, struct AdbcError *e) {
  return e6_database_init(HANDLE(d), e);
}

static AdbcStatusCode connection_new(struct AdbcConnection *c, struct AdbcError *e) {
  return e6_connection_new(c == NULL ? NULL : &c->private_data, e);
}

static AdbcStatusCode connection_init(struct AdbcConnection *c, struct AdbcDatabase *d, struct AdbcError *e) {
  return e6_connection_init(HANDLE(c), HANDLE(d), e);
}

static AdbcStatusCode connection_commit(struct AdbcConnection *c, struct AdbcError *e) {
  return e6_connection_commit(HANDLE(c), e);
}

static AdbcStatusCode connection_rollback(struct AdbcConnection *c, struct AdbcError *e) {
  return e6_connection_rollback(HANDLE(c), e);
}

static AdbcStatusCode connection_cancel(struct AdbcConnection *c, struct AdbcError *e) {
  return e6_cancel(HANDLE(c), e);
}

static AdbcStatusCode connection_get_info(struct AdbcConnection *c, const uint32_t *codes, size_t n,
                                          struct ArrowArrayStream *out, struct AdbcError *e) {
  return e6_connection_get_info(HANDLE(c), codes, n, out, e);
}

static AdbcStatusCode connection_get_objects(struct AdbcConnection *c, int depth, const char *catalog,
                                             const char *schema, const char *table, const char **types,
                                             const char *column, struct ArrowArrayStream *out,
                                             struct AdbcError *e) {
  return e6_connection_get_objects(HANDLE(c), depth, catalog, schema, table, types, column, out, e);
}

static AdbcStatusCode connection_get_table_schema(struct AdbcConnection *c, const char *catalog,
                                                  const char *schema, const char *table,
                                                  struct ArrowSchema *out, struct AdbcError *e) {
  return e6_connection_get_table_schema(HANDLE(c), catalog, schema, table, out, e);
}

static AdbcStatusCode connection_get_table_types(struct AdbcConnection *c, struct ArrowArrayStream *out,
                                                 struct AdbcError *e) {
  return e6_connection_get_table_types(HANDLE(c), out, e);
}

static AdbcStatusCode connection_read_partition(struct AdbcConnection *c, const uint8_t *partition, size_t n,
                                                struct ArrowArrayStream *out, struct AdbcError *e) {
  (void)c, (void)partition, (void)n, (void)out;
  return e6_not_implemented("results have no partitions", e);
}

static AdbcStatusCode connection_get_statistics(struct AdbcConnection *c, const char *catalog,
                                                const char *schema, const char *table, char approximate,
                                                struct ArrowArrayStream *out, struct AdbcError *e) {
  (void)c, (void)catalog, (void)schema, (void)table, (void)approximate, (void)out;
  return e6_not_implemented("the engine reports no statistics", e);
}

static AdbcStatusCode connection_get_statistic_names(struct AdbcConnection *c, struct ArrowArrayStream *out,
                                                     struct AdbcError *e) {
  (void)c, (void)out;
  return e6_not_implemented("the engine reports no statistics", e);
}

static AdbcStatusCode statement_new(struct AdbcConnection *c, struct AdbcStatement *s, struct AdbcError *e) {
  return e6_statement_new(HANDLE(c), s == NULL ? NULL : &s->private_data, e);
}

static AdbcStatusCode statement_cancel(struct AdbcStatement *s, struct AdbcError *e) {
  return e6_cancel(HANDLE(s), e);
}

static AdbcStatusCode statement_set_sql_query(struct AdbcStatement *s, const char *query, struct AdbcError *e) {
  return e6_statement_set_sql_query(HANDLE(s), query, e);
}

static AdbcStatusCode statement_prepare(struct AdbcStatement *s, struct AdbcError *e) {
  return e6_statement_prepare(HANDLE(s), e);
}

static AdbcStatusCode statement_bind(struct AdbcStatement *s, struct ArrowArray *values,
                                     struct ArrowSchema *schema, struct AdbcError *e) {
  return e6_statement_bind(HANDLE(s), values, schema, e);
}

static AdbcStatusCode statement_bind_stream(struct AdbcStatement *s, struct ArrowArrayStream *stream,
                                            struct AdbcError *e) {
  return e6_statement_bind_stream(HANDLE(s), stream, e);
}

static AdbcStatusCode statement_execute_query(struct AdbcStatement *s, struct ArrowArrayStream *out,
                                              int64_t *rows, struct AdbcError *e) {
  return e6_statement_execute_query(HANDLE(s), out, rows, e);
}

static AdbcStatusCode statement_execute_schema(struct AdbcStatement *s, struct ArrowSchema *out,
                                               struct AdbcError *e) {
  return e6_statement_execute_schema(HANDLE(s), out, e);
}

static AdbcStatusCode statement_get_parameter_schema(struct AdbcStatement *s, struct ArrowSchema *out,
                                                     struct AdbcError *e) {
  return e6_statement_get_parameter_schema(HANDLE(s), out, e);
}

static AdbcStatusCode statement_execute_partitions(struct AdbcStatement *s, struct ArrowSchema *schema,
                                                   struct AdbcPartitions *out, int64_t *rows,
                                                   struct AdbcError *e) {
  (void)s, (void)schema, (void)out, (void)rows;
  return e6_not_implemented("results have no partitions", e);
}

static AdbcStatusCode statement_set_substrait_plan(struct AdbcStatement *s, const uint8_t *plan, size_t n,
                                                   struct AdbcError *e) {
  (void)s, (void)plan, (void)n;
  return e6_not_implemented("the engine takes SQL, and no Substrait plans", e);
}

static int stream_get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out) {
  if (stream == NULL || out == NULL) return EINVAL;
  memset(out, 0, sizeof *out);
  return e6_stream_get_schema(stream->private_data, out);
}

static int stream_get_next(struct ArrowArrayStream *stream, struct ArrowArray *out) {
  if (stream == NULL || out == NULL) return EINVAL;
  memset(out, 0, sizeof *out);
  return e6_stream_get_next(stream->private_data, out);
}

static const char *stream_get_last_error(struct ArrowArrayStream *stream) {
  struct AdbcError *error = stream == NULL ? NULL : e6_stream_error(stream->private_data, NULL);
  return error == NULL ? NULL : error->message;
}

static void stream_release(struct ArrowArrayStream *stream) {
  if (stream == NULL || stream->release == NULL) return;
  uintptr_t handle = stream->private_data;
  memset(stream, 0, sizeof *stream);
  e6_stream_release(handle);
}

void e6_stream_fill(struct ArrowArrayStream *stream, uintptr_t handle) {
  stream->get_schema = stream_get_schema;
  stream->get_next = stream_get_next;
  stream->get_last_error = stream_get_last_error;
  stream->release = stream_release;
  stream->private_data = handle;
}

uintptr_t e6_stream_handle(struct ArrowArrayStream *stream) {
  if (stream == NULL || stream->release != stream_release) return 0;
  return stream->private_data;
}

static const struct AdbcError *error_from_stream(struct ArrowArrayStream *stream, AdbcStatusCode *status) {
  uintptr_t handle = e6_stream_handle(stream);
  return handle == 0 ? NULL : e6_stream_error(handle, status);
}

static AdbcStatusCode driver_release(struct AdbcDriver *driver, struct AdbcError *e) {
  if (driver == NULL || driver->release == NULL) return e6_invalid_state("the driver is released already", e);
  driver->release = NULL;
  return ADBC_OK;
}

#define SET_OPTIONS(Object)                        \
  driver->Object##GetOption = Object##_get;        \
  driver->Object##GetOptionBytes = Object##_get_bytes;   \
  driver->Object##GetOptionDouble = Object##_get_double; \
  driver->Object##GetOptionInt = Object##_get_int;       \
  driver->Object##SetOptionBytes = Object##_set_bytes;   \
  driver->Object##SetOptionDouble = Object##_set_double; \
  driver->Object##SetOptionInt = Object##_set_int;

static void fill_1_1(struct AdbcDriver *driver) {
  driver->ErrorGetDetailCount = e6_error_detail_count;
  driver->ErrorGetDetail = e6_error_get_detail;
  driver->ErrorFromArrayStream = error_from_stream;
  SET_OPTIONS(Database)
  SET_OPTIONS(Connection)
  SET_OPTIONS(Statement)
  driver->ConnectionCancel = connection_cancel;
  driver->ConnectionGetStatistics = connection_get_statistics;
  driver->ConnectionGetStatisticNames = connection_get_statistic_names;
  driver->StatementCancel = statement_cancel;
  driver->StatementExecuteSchema = statement_execute_schema;
}

// AdbcDriverInit fills the table of functions that raw points to, an AdbcDriver of the
// given version.
E6_EXPORT AdbcStatusCode AdbcDriverInit(int version, void *raw, struct AdbcError *e) {
  struct AdbcDriver *driver = raw;
  if (version != ADBC_VERSION_1_0 && version != ADBC_VERSION_1_1)
    return e6_not_implemented("this version of ADBC: the driver has 1.0.0 and 1.1.0", e);
  if (driver == NULL) return e6_invalid_state("AdbcDriverInit was called without an AdbcDriver", e);
  memset(driver, 0, version == ADBC_VERSION_1_0 ? ADBC_DRIVER_1_0_SIZE : sizeof *driver);
  driver->release = driver_release;
  driver->DatabaseNew = database_new;
  driver->DatabaseInit = database_init;
  driver->DatabaseSetOption = Database_set;
  driver->DatabaseRelease = Database_release;
  driver->ConnectionNew = connection_new;
  driver->ConnectionInit = connection_init;
  driver->ConnectionSetOption = Connection_set;
  driver->ConnectionRelease = Connection_release;
  driver->ConnectionCommit = connection_commit;
  driver->ConnectionRollback = connection_rollback;
  driver->ConnectionGetInfo = connection_get_info;
  driver->ConnectionGetObjects = connection_get_objects;
  driver->ConnectionGetTableSchema = connection_get_table_schema;
  driver->ConnectionGetTableTypes = connection_get_table_types;
  driver->ConnectionReadPartition = connection_read_partition;
  driver->StatementNew = statement_new;
  driver->StatementRelease = Statement_release;
  driver->StatementSetOption = Statement_set;
  driver->StatementSetSqlQuery = statement_set_sql_query;
  driver->StatementSetSubstraitPlan = statement_set_substrait_plan;
  driver->StatementPrepare = statement_prepare;
  driver->StatementBind = statement_bind;
  driver->StatementBindStream = statement_bind_stream;
  driver->StatementExecuteQuery = statement_execute_query;
  driver->StatementExecutePartitions = statement_execute_partitions;
  driver->StatementGetParameterSchema = statement_get_parameter_schema;
  if (version == ADBC_VERSION_1_1) fill_1_1(driver);
  return ADBC_OK;
}

// AdbcDriverE6dataInit is the name of AdbcDriverInit that driver managers derive from the
// file name libadbc_driver_e6data.so.
E6_EXPORT AdbcStatusCode AdbcDriverE6dataInit(int version, void *raw, struct AdbcError *e) {
  return AdbcDriverInit(version, raw, e);
}
