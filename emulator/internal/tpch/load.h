#ifdef __cplusplus
extern "C" {
#endif

/* e6_load_tpch returns 0, or 1 and a text of at most size-1 bytes in reason. */
int e6_load_tpch(void *database, char *reason, int size);

#ifdef __cplusplus
}
#endif
