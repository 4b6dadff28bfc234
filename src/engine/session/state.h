/* What a saved session looks like, and the hash that tells which model it belongs to. */
#ifndef SX_ENGINE_STATE_H
#define SX_ENGINE_STATE_H

#include "engine/session/session.h"
#include "platform/crypto.h"

/* The identity of a model: its metadata, its vocabulary, and of every tensor the name, shape, type and samples of its
 * content (of each part that lies by itself sixteen stretches of 4 KiB, evenly spread, or all of it when it is smaller). */
void sx_model_hash(const sx_model *m, unsigned char hash[SX_HASH_BYTES]);

#endif
