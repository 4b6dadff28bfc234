/* Finding and opening the reader plugin of a format, at the first document that needs it. */
#ifndef SX_RETRIEVE_PLUGIN_H
#define SX_RETRIEVE_PLUGIN_H

#include "platform/error.h"
#include "readers/plugin.h"

/* The plugin that reads `format`; `name` is the document's, for the sentence. It is looked for beside the library, in the
 * folder "sextant" there, and where the library was to be installed; nowhere else. It stays open: its dependencies cannot
 * be unloaded safely. LLM_E_UNSUPPORTED when there is none. */
llm_status sx_plugin_get(const sx_reader_plugin **out, uint32_t format, const char *name, llm_error *err);

#endif
