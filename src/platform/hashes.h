/* BLAKE2b-256 (RFC 7693) of four short messages side by side, a lane of a vector each: the hashes are those of sx_hash, and a
 * tree of many short texts has them in a third of the time. */
#ifndef SX_PLATFORM_HASHES_H
#define SX_PLATFORM_HASHES_H

#include <stddef.h>
#include <stdint.h>

enum { SX_HASH_LANES = 4, SX_HASH_BLOCK = 128 };

/* The best of LLM_ISA_* that there is code for and that the processor has. */
uint32_t sx_hashes_isa(void);
/* blocks: 1 or more, of every message: lens are in (128 (blocks - 1), 128 blocks]; bytes go on with zeroes to that end.
 * isa: as told by sx_hashes_isa, or a lesser one. */
void sx_hash_four(uint32_t isa, size_t blocks, unsigned char *const out[SX_HASH_LANES],
                  const unsigned char *const bytes[SX_HASH_LANES], const size_t len[SX_HASH_LANES]);

#endif
