// The structures of ADBC's C interface, versions 1.0.0 and 1.1.0, and of Arrow's C
// data and stream interfaces. Their layout is fixed by those specifications:
//
//   https://arrow.apache.org/adbc/current/cpp/api/adbc.html
//   https://arrow.apache.org/docs/format/CDataInterface.html
//   https://arrow.apache.org/docs/format/CStreamInterface.html
//
// private_data is an integer here, where the specifications have a pointer of the same
// size. It holds a handle of package runtime/cgo, or 0. So no Go pointer is ever stored
// in memory of C.

#ifndef E6DATA_ABI_H
#define E6DATA_ABI_H

#include <stddef.h>
#include <stdint.h>

#ifdef _WIN32
#define E6_EXPORT __declspec(dllexport)
#else
#define E6_EXPORT __attribute__((visibility("default")))
#endif

struct ArrowSchema {
  const char *format;
  const char *name;
  const char *metadata;
  int64_t flags;
  int64_t n_children;
  struct ArrowSchema **children;
  struct ArrowSchema *dictionary;
  void (*release)(struct ArrowSchema *);
  void *private_data;
};

struct ArrowArray {
  int64_t length;
  int64_t null_count;
  int64_t offset;
  int64_t n_buffers;
  int64_t n_children;
  const void **buffers;
  struct ArrowArray **children;
  struct ArrowArray *dictionary;
  void (*release)(struct ArrowArray *);
  void *private_data;
};

struct ArrowArrayStream {
  int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *);
  int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *);
  const char *(*get_last_error)(struct ArrowArrayStream *);
  void (*release)(struct ArrowArrayStream *);
  uintptr_t private_data;
};

typedef uint8_t AdbcStatusCode;

enum {
  ADBC_OK = 0,
  ADBC_NOT_IMPLEMENTED = 2,
  ADBC_INVALID_STATE = 6,
  ADBC_VERSION_1_0 = 1000000,
  ADBC_VERSION_1_1 = 1001000,
};

// ADBC_HAS_DETAILS is the vendor_code of an error whose members behind release exist.
#define ADBC_HAS_DETAILS INT32_MIN

struct AdbcDriver;

struct AdbcError {
  char *message;
  int32_t vendor_code;
  char sqlstate[5];
  void (*release)(struct AdbcError *);
  // From version 1.1.0 on.
  void *private_data;
  struct AdbcDriver *private_driver;
};

struct AdbcErrorDetail {
  const char *key;
  const uint8_t *value;
  size_t value_length;
};

struct AdbcDatabase {
  uintptr_t private_data;
  struct AdbcDriver *private_driver;
};

struct AdbcConnection {
  uintptr_t private_data;
  struct AdbcDriver *private_driver;
};

struct AdbcStatement {
  uintptr_t private_data;
  struct AdbcDriver *private_driver;
};

struct AdbcPartitions {
  size_t num_partitions;
  const uint8_t **partitions;
  const size_t *partition_lengths;
  void *private_data;
  void (*release)(struct AdbcPartitions *);
};

// E6_GETTERS and E6_SETTERS declare members of the driver's table for one kind of object.
#define E6_GETTERS(Object)                                                                               \
  AdbcStatusCode (*Object##GetOption)(struct Adbc##Object *, const char *, char *, size_t *,             \
                                      struct AdbcError *);                                               \
  AdbcStatusCode (*Object##GetOptionBytes)(struct Adbc##Object *, const char *, uint8_t *, size_t *,     \
                                           struct AdbcError *);                                          \
  AdbcStatusCode (*Object##GetOptionDouble)(struct Adbc##Object *, const char *, double *,               \
                                            struct AdbcError *);                                         \
  AdbcStatusCode (*Object##GetOptionInt)(struct Adbc##Object *, const char *, int64_t *,                 \
                                         struct AdbcError *);
#define E6_SETTERS(Object)                                                                               \
  AdbcStatusCode (*Object##SetOptionBytes)(struct Adbc##Object *, const char *, const uint8_t *, size_t, \
                                           struct AdbcError *);                                          \
  AdbcStatusCode (*Object##SetOptionDouble)(struct Adbc##Object *, const char *, double,                 \
                                            struct AdbcError *);                                         \
  AdbcStatusCode (*Object##SetOptionInt)(struct Adbc##Object *, const char *, int64_t, struct AdbcError *);

struct AdbcDriver {
  void *private_data;
  void *private_manager;
  AdbcStatusCode (*release)(struct AdbcDriver *, struct AdbcError *);

  AdbcStatusCode (*DatabaseInit)(struct AdbcDatabase *, struct AdbcError *);
  AdbcStatusCode (*DatabaseNew)(struct AdbcDatabase *, struct AdbcError *);
  AdbcStatusCode (*DatabaseSetOption)(struct AdbcDatabase *, const char *, const char *, struct AdbcError *);
  AdbcStatusCode (*DatabaseRelease)(struct AdbcDatabase *, struct AdbcError *);

  AdbcStatusCode (*ConnectionCommit)(struct AdbcConnection *, struct AdbcError *);
  AdbcStatusCode (*ConnectionGetInfo)(struct AdbcConnection *, const uint32_t *, size_t,
                                      struct ArrowArrayStream *, struct AdbcError *);
  AdbcStatusCode (*ConnectionGetObjects)(struct AdbcConnection *, int, const char *, const char *,
                                         const char *, const char **, const char *,
                                         struct ArrowArrayStream *, struct AdbcError *);
  AdbcStatusCode (*ConnectionGetTableSchema)(struct AdbcConnection *, const char *, const char *,
                                             const char *, struct ArrowSchema *, struct AdbcError *);
  AdbcStatusCode (*ConnectionGetTableTypes)(struct AdbcConnection *, struct ArrowArrayStream *,
                                            struct AdbcError *);
  AdbcStatusCode (*ConnectionInit)(struct AdbcConnection *, struct AdbcDatabase *, struct AdbcError *);
  AdbcStatusCode (*ConnectionNew)(struct AdbcConnection *, struct AdbcError *);
  AdbcStatusCode (*ConnectionSetOption)(struct AdbcConnection *, const char *, const char *,
                                        struct AdbcError *);
  AdbcStatusCode (*ConnectionReadPartition)(struct AdbcConnection *, const uint8_t *, size_t,
                                            struct ArrowArrayStream *, struct AdbcError *);
  AdbcStatusCode (*ConnectionRelease)(struct AdbcConnection *, struct AdbcError *);
  AdbcStatusCode (*ConnectionRollback)(struct AdbcConnection *, struct AdbcError *);

  AdbcStatusCode (*StatementBind)(struct AdbcStatement *, struct ArrowArray *, struct ArrowSchema *,
                                  struct AdbcError *);
  AdbcStatusCode (*StatementBindStream)(struct AdbcStatement *, struct ArrowArrayStream *,
                                        struct AdbcError *);
  AdbcStatusCode (*StatementExecuteQuery)(struct AdbcStatement *, struct ArrowArrayStream *, int64_t *,
                                          struct AdbcError *);
  AdbcStatusCode (*StatementExecutePartitions)(struct AdbcStatement *, struct ArrowSchema *,
                                               struct AdbcPartitions *, int64_t *, struct AdbcError *);
  AdbcStatusCode (*StatementGetParameterSchema)(struct AdbcStatement *, struct ArrowSchema *,
                                                struct AdbcError *);
  AdbcStatusCode (*StatementNew)(struct AdbcConnection *, struct AdbcStatement *, struct AdbcError *);
  AdbcStatusCode (*StatementPrepare)(struct AdbcStatement *, struct AdbcError *);
  AdbcStatusCode (*StatementRelease)(struct AdbcStatement *, struct AdbcError *);
  AdbcStatusCode (*StatementSetOption)(struct AdbcStatement *, const char *, const char *,
                                       struct AdbcError *);
  AdbcStatusCode (*StatementSetSqlQuery)(struct AdbcStatement *, const char *, struct AdbcError *);
  AdbcStatusCode (*StatementSetSubstraitPlan)(struct AdbcStatement *, const uint8_t *, size_t,
                                              struct AdbcError *);

  // From version 1.1.0 on.
  int (*ErrorGetDetailCount)(const struct AdbcError *);
  struct AdbcErrorDetail (*ErrorGetDetail)(const struct AdbcError *, int);
  const struct AdbcError *(*ErrorFromArrayStream)(struct ArrowArrayStream *, AdbcStatusCode *);

  E6_GETTERS(Database)
  E6_SETTERS(Database)

  AdbcStatusCode (*ConnectionCancel)(struct AdbcConnection *, struct AdbcError *);
  E6_GETTERS(Connection)
  AdbcStatusCode (*ConnectionGetStatistics)(struct AdbcConnection *, const char *, const char *,
                                            const char *, char, struct ArrowArrayStream *,
                                            struct AdbcError *);
  AdbcStatusCode (*ConnectionGetStatisticNames)(struct AdbcConnection *, struct ArrowArrayStream *,
                                                struct AdbcError *);
  E6_SETTERS(Connection)

  AdbcStatusCode (*StatementCancel)(struct AdbcStatement *, struct AdbcError *);
  AdbcStatusCode (*StatementExecuteSchema)(struct AdbcStatement *, struct ArrowSchema *,
                                           struct AdbcError *);
  E6_GETTERS(Statement)
  E6_SETTERS(Statement)
};

#define ADBC_DRIVER_1_0_SIZE offsetof(struct AdbcDriver, ErrorGetDetailCount)

// Names for Go, which has no const.
typedef const char e6_text;
typedef e6_text *e6_text_list;
typedef const uint8_t e6_bytes;
typedef const uint32_t e6_codes;

// The functions below are in error.c and driver.c, for Go to call.

// e6_error_set describes a failure in error, unless error is NULL. It copies all texts.
void e6_error_set(struct AdbcError *error, e6_text *message, size_t length, int32_t vendor_code,
                  e6_text *sqlstate, int details);
// e6_error_detail adds a detail; details of e6_error_set is the number of calls.
void e6_error_detail(struct AdbcError *error, e6_text *key, size_t key_length, e6_bytes *value,
                     size_t value_length);
void e6_error_release(struct AdbcError *error);
int e6_error_detail_count(const struct AdbcError *error);
struct AdbcErrorDetail e6_error_get_detail(const struct AdbcError *error, int index);

// e6_stream_fill makes stream an ArrowArrayStream with a handle.
void e6_stream_fill(struct ArrowArrayStream *stream, uintptr_t handle);
// e6_stream_handle returns the handle of a stream of this library, or 0.
uintptr_t e6_stream_handle(struct ArrowArrayStream *stream);

#endif
