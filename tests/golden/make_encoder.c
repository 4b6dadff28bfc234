/* make_encoder OUT.gguf: writes the tests' tiny encoder with a classification head, for what embeds and reranks. */
#include "../engine/encoder.h"

int main(int argc, char **argv)
{
    char path[256];
    const encoder_how how = {.arch = "bert", .pooling = 4, .rank = true};
    if (argc != 2) return 2;
    encoder_write(&how, path);
    FILE *in = fopen(path, "rb"), *out = fopen(argv[1], "wb");
    int bad = !in || !out;
    for (int c; !bad && (c = getc(in)) != EOF;) bad = putc(c, out) == EOF;
    if (in) fclose(in);
    if (out && fclose(out)) bad = 1;
    unlink(path);
    return bad;
}
