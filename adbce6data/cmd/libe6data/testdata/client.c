// client is an ADBC client in C. It loads the driver's library, runs statements, and prints
// the results and errors.
//
//	client LIBRARY URI COMMAND
//
// With DRIVER_MANAGER it is linked with ADBC's driver manager, which loads the library.
// Otherwise it loads the library itself. The header is that of arrow-adbc.

#include <dlfcn.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arrow-adbc/adbc.h"

#ifdef DRIVER_MANAGER
#define CALL(call) Adbc##call
#else
#define CALL(call) driver.call
#endif

typedef AdbcStatusCode (*init_function)(int, void *, struct AdbcError *);

static struct AdbcDriver driver; // not used with DRIVER_MANAGER
static struct AdbcDatabase database;
static struct AdbcConnection connection;

// show prints a failed call.
static void show(const char *call, AdbcStatusCode code, struct AdbcError *e) {
  printf("%s: status %d, sqlstate %.5s: %s\n", call, code, e->sqlstate, e->message ? e->message : "no message");
  for (int i = 0; i < CALL(ErrorGetDetailCount)(e); i++) {
    struct AdbcErrorDetail d = CALL(ErrorGetDetail)(e, i);
    printf("  %s = %.*s\n", d.key, (int)d.value_length, (const char *)d.value);
  }
  if (e->release) e->release(e);
}

// CHECK ends the program if a call fails.
#define CHECK(call)                                    \
  do {                                                 \
    struct AdbcError e = ADBC_ERROR_INIT;                 \
    AdbcStatusCode code = CALL(call);                 \
    if (code != ADBC_STATUS_OK) {                             \
      show(#call, code, &e);                           \
      exit(1);                                         \
    }                                                  \
  } while (0)

// FAILS shows the error of a call that must fail.
#define FAILS(name, call)                                         \
  do {                                                            \
    struct AdbcError e = ADBC_ERROR_INIT;                            \
    AdbcStatusCode code = CALL(call);                            \
    if (code == ADBC_STATUS_OK) {                                        \
      printf("%s did not fail\n", name);                          \
      exit(1);                                                    \
    }                                                             \
    show(name, code, &e);                                         \
  } while (0)

static int is_null(const struct ArrowArray *a, int64_t row) {
  const uint8_t *valid = a->buffers[0];
  row += a->offset;
  return valid != NULL && !(valid[row / 8] >> (row % 8) & 1);
}

static void print_cell(const struct ArrowSchema *schema, const struct ArrowArray *a, int64_t row) {
  if (strcmp(schema->format, "n") == 0 || is_null(a, row)) {
    printf("NULL");
    return;
  }
  int64_t i = row + a->offset;
  switch (schema->format[0]) {
    case 'l': printf("%" PRId64, ((const int64_t *)a->buffers[1])[i]); return;
    case 'i': printf("%" PRId32, ((const int32_t *)a->buffers[1])[i]); return;
    case 'g': printf("%g", ((const double *)a->buffers[1])[i]); return;
    case 'b': printf("%s", ((const uint8_t *)a->buffers[1])[i / 8] >> (i % 8) & 1 ? "true" : "false"); return;
    case 'u': {
      const int32_t *offsets = a->buffers[1];
      printf("%.*s", (int)(offsets[i + 1] - offsets[i]), (const char *)a->buffers[2] + offsets[i]);
      return;
    }
    case 'd': printf("%" PRId64, ((const int64_t *)a->buffers[1])[2 * i]); return; // unscaled, its low half
    default: printf("?"); return;
  }
}

// print_stream prints a result, and releases it. It returns the result of the last
// get_next.
static int print_stream(struct ArrowArrayStream *stream) {
  struct ArrowSchema schema;
  if (stream->get_schema(stream, &schema) != 0) {
    printf("get_schema: %s\n", stream->get_last_error(stream));
    exit(1);
  }
  for (int64_t c = 0; c < schema.n_children; c++)
    printf("%s%s:%s", c ? ", " : "", schema.children[c]->name, schema.children[c]->format);
  printf("\n");
  int result;
  for (;;) {
    struct ArrowArray batch;
    result = stream->get_next(stream, &batch);
    if (result != 0 || batch.release == NULL) break;
    for (int64_t row = 0; row < batch.length; row++) {
      for (int64_t c = 0; c < batch.n_children; c++) {
        if (c) printf(", ");
        print_cell(schema.children[c], batch.children[c], row + batch.offset);
      }
      printf("\n");
    }
    batch.release(&batch);
  }
  schema.release(&schema);
  if (result != 0) {
    printf("get_next failed: %s\n", stream->get_last_error(stream));
    AdbcStatusCode status = 0;
    const struct AdbcError *e = CALL(ErrorFromArrayStream)(stream, &status);
    printf("status %d, %s\n", status, e != NULL && CALL(ErrorGetDetailCount)(e) > 0 ? "with details" : "without details");
  }
  stream->release(stream);
  if (stream->release != NULL) printf("the stream is not marked as released\n");
  return result;
}

static void schema_release(struct ArrowSchema *s) { s->release = NULL; }
static void array_release(struct ArrowArray *a) { a->release = NULL; }

// bind_row binds one row: an int64 and a text.
static void bind_row(struct AdbcStatement *s, int64_t number, const char *word) {
  static int64_t numbers[1];
  static int32_t offsets[2];
  static char bytes[64];
  static const void *number_buffers[2] = {NULL, numbers};
  static const void *text_buffers[3] = {NULL, offsets, bytes};
  static const void *row_buffers[1] = {NULL};
  numbers[0] = number;
  offsets[1] = (int32_t)strlen(word);
  memcpy(bytes, word, strlen(word));
  struct ArrowSchema fields[2] = {
      {.format = "l", .name = "n", .flags = 2, .release = schema_release},
      {.format = "u", .name = "word", .flags = 2, .release = schema_release}};
  struct ArrowSchema *field_list[2] = {&fields[0], &fields[1]};
  struct ArrowSchema schema = {.format = "+s", .name = "", .n_children = 2, .children = field_list, .release = schema_release};
  struct ArrowArray columns[2] = {
      {.length = 1, .n_buffers = 2, .buffers = number_buffers, .release = array_release},
      {.length = 1, .n_buffers = 3, .buffers = text_buffers, .release = array_release}};
  struct ArrowArray *column_list[2] = {&columns[0], &columns[1]};
  struct ArrowArray row = {.length = 1, .n_buffers = 1, .n_children = 2, .buffers = row_buffers, .children = column_list, .release = array_release};
  CHECK(StatementBind(s, &row, &schema, &e));
}

static void query(void) {
  struct AdbcStatement s = {0};
  struct ArrowArrayStream stream;
  int64_t rows = 0;
  CHECK(StatementNew(&connection, &s, &e));
  CHECK(StatementSetSqlQuery(&s, "SELECT n, word, price FROM things WHERE n > ? AND word <> ?", &e));
  CHECK(StatementPrepare(&s, &e));
  struct ArrowSchema parameters;
  CHECK(StatementGetParameterSchema(&s, &parameters, &e));
  printf("parameters: %" PRId64 "\n", parameters.n_children);
  parameters.release(&parameters);
  bind_row(&s, 1, "it's");
  CHECK(StatementExecuteQuery(&s, &stream, &rows, &e));
  printf("rows affected: %" PRId64 "\n", rows);
  if (print_stream(&stream) != 0) exit(1);
  CHECK(StatementSetSqlQuery(&s, "UPDATE things SET n = 0", &e));
  CHECK(StatementExecuteQuery(&s, NULL, &rows, &e));
  printf("rows updated: %" PRId64 "\n", rows);
  CHECK(StatementRelease(&s, &e));
}

static void metadata(void) {
  struct ArrowArrayStream stream;
  uint32_t codes[] = {0, 100};
  CHECK(ConnectionGetInfo(&connection, codes, 2, &stream, &e));
  stream.release(&stream);
  CHECK(ConnectionGetTableTypes(&connection, &stream, &e));
  print_stream(&stream);
  const char *types[] = {"VIEW", "TABLE", NULL};
  CHECK(ConnectionGetObjects(&connection, 0, "la%", NULL, NULL, types, NULL, &stream, &e));
  struct ArrowArray batch;
  if (stream.get_next(&stream, &batch) != 0) exit(1);
  printf("catalogs: %" PRId64 "\n", batch.length);
  batch.release(&batch);
  stream.release(&stream);
  struct ArrowSchema schema;
  CHECK(ConnectionGetTableSchema(&connection, NULL, NULL, "things", &schema, &e));
  for (int64_t i = 0; i < schema.n_children; i++) printf("column %s: %s\n", schema.children[i]->name, schema.children[i]->format);
  schema.release(&schema);
  char value[64];
  size_t size = sizeof value;
  CHECK(ConnectionGetOption(&connection, "adbc.connection.catalog", value, &size, &e));
  printf("catalog %s, %zu bytes\n", value, size);
  size = 2; // too few: nothing must be written
  strcpy(value, "unchanged");
  CHECK(ConnectionGetOption(&connection, "adbc.connection.catalog", value, &size, &e));
  printf("%s, %zu bytes\n", value, size);
}

static void errors(void) {
  struct AdbcStatement s = {0};
  struct ArrowArrayStream stream;
  FAILS("an option", ConnectionSetOption(&connection, "adbc.connection.autocommit", "false", &e));
  FAILS("commit", ConnectionCommit(&connection, &e));
  FAILS("statistics", ConnectionGetStatisticNames(&connection, &stream, &e));
  CHECK(StatementNew(&connection, &s, &e));
  FAILS("no text", StatementExecuteQuery(&s, &stream, NULL, &e));
  CHECK(StatementSetSqlQuery(&s, "SELEC", &e));
  FAILS("bad SQL", StatementExecuteQuery(&s, &stream, NULL, &e));
  // An error of version 1.0.0 has no members behind release.
  struct AdbcError old;
  memset(&old, 0, sizeof old);
  old.private_data = &old;
  AdbcStatusCode code = CALL(StatementExecuteQuery)(&s, &stream, NULL, &old);
  printf("an old error: status %d, code %d, untouched: %d\n", code, old.vendor_code, old.private_data == &old);
  old.release(&old);
  struct AdbcStatement released = s;
  CHECK(StatementRelease(&s, &e));
  FAILS("released", StatementPrepare(&s, &e));
  FAILS("a copy of a released statement", StatementPrepare(&released, &e));
  FAILS("released twice", StatementRelease(&released, &e));
  struct AdbcStatement other = {connection.private_data, connection.private_driver};
  FAILS("another object", StatementPrepare(&other, &e));
}

static void *cancel_later(void *statement) {
  // The statement cannot end before it is cancelled: the engine holds it back.
  getchar(); // the test writes a byte when the engine has the statement
  CHECK(StatementCancel((struct AdbcStatement *)statement, &e));
  return NULL;
}

static void cancel(void) {
  struct AdbcStatement s = {0};
  struct ArrowArrayStream stream;
  pthread_t thread;
  CHECK(StatementNew(&connection, &s, &e));
  CHECK(StatementSetSqlQuery(&s, "SELECT slow", &e));
  if (pthread_create(&thread, NULL, cancel_later, &s) != 0) exit(1);
  FAILS("cancelled", StatementExecuteQuery(&s, &stream, NULL, &e));
  pthread_join(thread, NULL);
  CHECK(StatementRelease(&s, &e));
}

static void broken(void) {
  struct AdbcStatement s = {0};
  struct ArrowArrayStream stream;
  CHECK(StatementNew(&connection, &s, &e));
  CHECK(StatementSetSqlQuery(&s, "SELECT broken", &e));
  CHECK(StatementExecuteQuery(&s, &stream, NULL, &e));
  print_stream(&stream);
  CHECK(StatementRelease(&s, &e));
}

// abandoned reads a result whose statement is released. It must end with an error, at the
// first row or later.
static void abandoned(void) {
  struct AdbcStatement s = {0};
  struct ArrowArrayStream stream;
  CHECK(StatementNew(&connection, &s, &e));
  CHECK(StatementSetSqlQuery(&s, "SELECT many", &e));
  CHECK(StatementExecuteQuery(&s, &stream, NULL, &e));
  CHECK(StatementRelease(&s, &e));
  for (;;) {
    struct ArrowArray batch;
    int result = stream.get_next(&stream, &batch);
    if (result != 0) {
      printf("%s: %s\n", result == ECANCELED ? "ECANCELED" : "another error", stream.get_last_error(&stream));
      break;
    }
    if (batch.release == NULL) {
      printf("the result ended without an error\n");
      exit(1);
    }
    batch.release(&batch);
  }
  stream.release(&stream);
}

#ifdef DRIVER_MANAGER
static void load(const char *path) { CHECK(DatabaseSetOption(&database, "driver", path, &e)); }
static void unload(void) {}
#else
static void load(const char *path) {
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) {
    printf("dlopen: %s\n", dlerror());
    exit(1);
  }
  init_function named = (init_function)dlsym(library, "AdbcDriverE6dataInit");
  init_function init = (init_function)dlsym(library, "AdbcDriverInit");
  struct AdbcError error = ADBC_ERROR_INIT;
  if (named == NULL || init == NULL) exit(1);
  // A driver of version 1.0.0 must not touch the members of later versions.
  driver.StatementCancel = (void *)&driver;
  if (named(ADBC_VERSION_1_0_0, &driver, &error) != ADBC_STATUS_OK || driver.StatementCancel != (void *)&driver) {
    printf("version 1.0.0 is not right\n");
    exit(1);
  }
  if (named(9000000, &driver, NULL) != ADBC_STATUS_NOT_IMPLEMENTED || init(ADBC_VERSION_1_1_0, &driver, &error) != ADBC_STATUS_OK) exit(1);
  for (void **f = (void **)&driver.release; f < (void **)(&driver + 1); f++) {
    if (*f == NULL) {
      printf("member %zu of the table is NULL\n", (size_t)(f - (void **)&driver));
      exit(1);
    }
  }
  FAILS("DatabaseInit before DatabaseNew", DatabaseInit(&database, &e));
  CHECK(DatabaseNew(&database, &e));
}

static void unload(void) {
  struct AdbcError error = ADBC_ERROR_INIT;
  if (driver.release(&driver, &error) != ADBC_STATUS_OK || driver.release != NULL) exit(1);
}
#endif

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  setvbuf(stdout, NULL, _IOLBF, 0);
#ifdef DRIVER_MANAGER
  CHECK(DatabaseNew(&database, &e));
#endif
  load(argv[1]);
  CHECK(DatabaseSetOption(&database, "uri", argv[2], &e));
  CHECK(DatabaseSetOption(&database, "e6data.max_attempts", "2", &e));
  CHECK(DatabaseInit(&database, &e));
  CHECK(ConnectionNew(&connection, &e));
  CHECK(ConnectionSetOption(&connection, "adbc.connection.catalog", "lake", &e));
  CHECK(ConnectionInit(&connection, &database, &e));
  const char *command = argv[3];
  if (strcmp(command, "query") == 0) query();
  else if (strcmp(command, "metadata") == 0) metadata();
  else if (strcmp(command, "errors") == 0) errors();
  else if (strcmp(command, "cancel") == 0) cancel();
  else if (strcmp(command, "broken") == 0) broken();
  else if (strcmp(command, "abandoned") == 0) abandoned();
  else return 2;
  CHECK(ConnectionRelease(&connection, &e));
  CHECK(DatabaseRelease(&database, &e));
  unload();
  printf("done\n");
  return 0;
}
