#include <stdlib.h>
#include <string.h>

#include "abi.h"

// The details of an error, in the error's private_data.
struct e6_details {
  int count;
  int capacity;
  struct AdbcErrorDetail list[];
};

static char *copy(const void *text, size_t length) {
  char *out = malloc(length + 1);
  if (out == NULL) return NULL;
  if (length > 0) memcpy(out, text, length);
  out[length] = 0;
  return out;
}

static void release_plain(struct AdbcError *error) {
  free(error->message);
  error->message = NULL;
  error->release = NULL;
}

static void release_detailed(struct AdbcError *error) {
  struct e6_details *details = error->private_data;
  for (int i = 0; i < details->count; i++) {
    free((void *)details->list[i].key);
    free((void *)details->list[i].value);
  }
  free(details);
  error->private_data = NULL;
  release_plain(error);
}

void e6_error_release(struct AdbcError *error) {
  if (error != NULL && error->release != NULL) error->release(error);
}

void e6_error_set(struct AdbcError *error, e6_text *message, size_t length, int32_t vendor_code,
                  e6_text *sqlstate, int details) {
  if (error == NULL) return;
  e6_error_release(error);
  error->message = copy(message, length);
  error->release = release_plain;
  memcpy(error->sqlstate, sqlstate, sizeof error->sqlstate);
  // The members behind release exist only if the caller said so in vendor_code.
  if (error->vendor_code == ADBC_HAS_DETAILS) {
    struct e6_details *d = NULL;
    if (details > 0) d = malloc(sizeof *d + (size_t)details * sizeof d->list[0]);
    if (d != NULL) {
      d->count = 0;
      d->capacity = details;
      error->private_data = d;
      error->release = release_detailed;
      return;
    }
    error->private_data = NULL;
    if (vendor_code == 0) return;
  }
  if (vendor_code != ADBC_HAS_DETAILS) error->vendor_code = vendor_code;
}

void e6_error_detail(struct AdbcError *error, e6_text *key, size_t key_length, e6_bytes *value,
                     size_t value_length) {
  if (error == NULL || error->release != release_detailed) return;
  struct e6_details *d = error->private_data;
  if (d->count == d->capacity) return;
  struct AdbcErrorDetail detail = {copy(key, key_length), (uint8_t *)copy(value, value_length), value_length};
  if (detail.key == NULL || detail.value == NULL) {
    free((void *)detail.key);
    free((void *)detail.value);
    return;
  }
  d->list[d->count++] = detail;
}

int e6_error_detail_count(const struct AdbcError *error) {
  if (error == NULL || error->release != release_detailed) return 0;
  return ((const struct e6_details *)error->private_data)->count;
}

struct AdbcErrorDetail e6_error_get_detail(const struct AdbcError *error, int index) {
  struct AdbcErrorDetail none = {NULL, NULL, 0};
  if (index < 0 || index >= e6_error_detail_count(error)) return none;
  return ((const struct e6_details *)error->private_data)->list[index];
}
