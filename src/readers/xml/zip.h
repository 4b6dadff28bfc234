/* A zip archive in memory whose parts are read by name, within a budget for all together (zip bombs). */
#ifndef SX_READERS_ZIP_H
#define SX_READERS_ZIP_H

#include "readers/out.h"

typedef struct sx_zip {
    struct zip *archive;
    sx_out *out;
    uint64_t left; /* bytes that may still be unpacked */
} sx_zip;

/* False, with the reason told to out, when it is no archive. */
bool sx_zip_open(sx_zip *zip, sx_out *out, const unsigned char *bytes, size_t len);
void sx_zip_close(sx_zip *zip);
/* A part, to be freed with free(); NULL when absent, or after a failure that out knows. */
unsigned char *sx_zip_read(sx_zip *zip, const char *name, size_t *len);

#endif
