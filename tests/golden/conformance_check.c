/* conformance_check CALLS.jsonl TRANSCRIPT [REFERENCE]: does a transcript hold what CALLS.jsonl expects, and is it equal to
 * the reference transcript in every value? An expected object may leave keys out; an expected array may not; an expected
 * string that begins with "~" is looked for inside the other. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

static int meets(const json_t *expected, const json_t *actual)
{
    if (json_is_string(expected) && json_string_value(expected)[0] == '~')
        return json_is_string(actual) && strstr(json_string_value(actual), json_string_value(expected) + 1) != NULL;
    if (json_is_object(expected)) {
        const char *key;
        json_t *value;
        if (!json_is_object(actual)) return 0;
        json_object_foreach((json_t *)expected, key, value) if (!meets(value, json_object_get(actual, key))) return 0;
        return 1;
    }
    if (json_is_array(expected)) {
        if (!json_is_array(actual) || json_array_size(expected) != json_array_size(actual)) return 0;
        for (size_t i = 0; i < json_array_size(expected); i++)
            if (!meets(json_array_get(expected, i), json_array_get(actual, i))) return 0;
        return 1;
    }
    return json_equal(expected, actual);
}

/* The next line that holds an object, NULL at the end. */
static json_t *next(FILE *file, char *line, int size)
{
    while (fgets(line, size, file))
        if (line[0] == '{') return json_loads(line, 0, NULL);
    return NULL;
}

int main(int argc, char **argv)
{
    static char call_line[65536], got_line[262144], reference_line[262144];
    FILE *calls = argc >= 3 ? fopen(argv[1], "r") : NULL, *got = argc >= 3 ? fopen(argv[2], "r") : NULL;
    FILE *reference = argc >= 4 ? fopen(argv[3], "r") : NULL;
    if (!calls || !got || (argc >= 4 && !reference)) {
        fprintf(stderr, "usage: conformance_check CALLS.jsonl TRANSCRIPT [REFERENCE], all readable\n");
        return 2;
    }
    int n = 0, bad = 0, absent = 0;
    json_t *call;
    while ((call = next(calls, call_line, sizeof call_line))) {
        json_t *result = next(got, got_line, sizeof got_line);
        json_t *same = reference ? next(reference, reference_line, sizeof reference_line) : NULL;
        json_t *expected = json_object_get(call, "expect");
        n++;
        if (reference && json_object_get(result, "absent")) {
            absent++; /* a face may leave a call to the C header; C itself may not */
        } else if (!result || !expected || !meets(expected, result)) {
            printf("call %d: %s  gave: %s\n", n, call_line, result ? got_line : "nothing\n");
            bad++;
        } else if (reference && !json_equal(result, same)) {
            printf("call %d: %s  gave: %s  in C: %s\n", n, call_line, got_line, same ? reference_line : "nothing\n");
            bad++;
        }
        json_decref(call);
        json_decref(result);
        json_decref(same);
    }
    printf("%d calls, %d not as expected, %d absent\n", n, bad, absent);
    if (absent > n / 5) { /* new kinds may come first to C, but a face that lags far behind is no face */
        printf("more than a fifth of the calls is absent\n");
        bad++;
    }
    fclose(calls);
    fclose(got);
    if (reference) fclose(reference);
    return bad || n == 0;
}
