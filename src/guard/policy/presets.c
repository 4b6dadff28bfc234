/* The policies that the library carries: the bytes of the files in presets/, linked in as they are. */
#include "guard/guard.h"

/* SX_PRESETS is their folder, given by the build. */
#define CARRY(symbol, file) \
    __asm__(".section .rodata\n" #symbol ":\n.incbin \"" SX_PRESETS "/" file "\"\n.byte 0\n.global " #symbol \
            "\n.hidden " #symbol "\n.previous\n"); \
    extern const char symbol[]

CARRY(sx_preset_gdpr, "gdpr.json");
CARRY(sx_preset_hipaa, "hipaa-safe-harbor.json");
CARRY(sx_preset_pci, "pci.json");
CARRY(sx_preset_pipl, "pipl.json");

const char *sx_guard_preset(uint32_t i, const char **text)
{
    static const struct {
        const char *name, *text;
    } PRESETS[] = {{"gdpr", sx_preset_gdpr},
                   {"hipaa-safe-harbor", sx_preset_hipaa},
                   {"pci", sx_preset_pci},
                   {"pipl", sx_preset_pipl}};
    if (i >= sizeof PRESETS / sizeof *PRESETS) return NULL;
    *text = PRESETS[i].text;
    return PRESETS[i].name;
}
