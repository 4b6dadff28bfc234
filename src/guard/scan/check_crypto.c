/* Addresses of crypto currencies: Base58Check with SHA-256 twice (FIPS 180-4), and Bech32 (BIP 173, BIP 350). */
#include <string.h>

#include "guard/scan/chars.h"
#include "guard/scan/rules.h"

static const uint32_t K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t ror(uint32_t x, unsigned n)
{
    return x >> n | x << (32 - n);
}

/* SHA-256 of at most 55 bytes: one block. */
static void sha256_short(const unsigned char *in, size_t n, unsigned char out[32])
{
    uint32_t h[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    unsigned char block[64] = {0};
    uint32_t w[64], s[8];
    memcpy(block, in, n);
    block[n] = 0x80;
    block[62] = (unsigned char)(n * 8 >> 8);
    block[63] = (unsigned char)(n * 8);
    for (size_t i = 0; i < 16; i++)
        w[i] = (uint32_t)block[i * 4] << 24 | (uint32_t)block[i * 4 + 1] << 16 | (uint32_t)block[i * 4 + 2] << 8 |
               block[i * 4 + 3];
    for (size_t i = 16; i < 64; i++) {
        uint32_t a = ror(w[i - 15], 7) ^ ror(w[i - 15], 18) ^ w[i - 15] >> 3;
        uint32_t b = ror(w[i - 2], 17) ^ ror(w[i - 2], 19) ^ w[i - 2] >> 10;
        w[i] = w[i - 16] + a + w[i - 7] + b;
    }
    memcpy(s, h, sizeof s);
    for (size_t i = 0; i < 64; i++) {
        uint32_t t1 = s[7] + (ror(s[4], 6) ^ ror(s[4], 11) ^ ror(s[4], 25)) + ((s[4] & s[5]) ^ (~s[4] & s[6])) + K[i] +
                      w[i];
        uint32_t t2 = (ror(s[0], 2) ^ ror(s[0], 13) ^ ror(s[0], 22)) + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
        memmove(s + 1, s, 7 * sizeof *s);
        s[4] += t1;
        s[0] = t1 + t2;
    }
    for (size_t i = 0; i < 8; i++) {
        uint32_t v = h[i] + s[i];
        for (size_t k = 0; k < 4; k++) out[i * 4 + k] = (unsigned char)(v >> (24 - 8 * k));
    }
}

/* Base58 of 25 bytes: version, hash, four bytes of the hash's double SHA-256. */
static bool base58check(const char *s, size_t n)
{
    static const char SET[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    unsigned char v[25] = {0}, once[32], twice[32];
    for (size_t i = 0; i < n; i++) {
        const char *at = memchr(SET, s[i], sizeof SET - 1);
        if (at == NULL) return false;
        unsigned carry = (unsigned)(at - SET);
        for (size_t k = sizeof v; k-- > 0;) {
            carry += v[k] * 58u;
            v[k] = (unsigned char)carry;
            carry >>= 8;
        }
        if (carry != 0) return false;
    }
    sha256_short(v, 21, once);
    sha256_short(once, 32, twice);
    return memcmp(twice, v + 21, 4) == 0;
}

static uint32_t polymod(uint32_t c, unsigned v)
{
    static const uint32_t G[] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3};
    uint32_t top = c >> 25;
    c = (c & 0x1ffffff) << 5 ^ v;
    for (unsigned i = 0; i < 5; i++) {
        if (top >> i & 1) c ^= G[i];
    }
    return c;
}

/* "bc" or "tb", "1", data; the checksum's constant is Bech32's or Bech32m's. */
static bool bech32(const char *s, size_t n)
{
    static const char SET[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    uint32_t c = 1;
    c = polymod(c, (unsigned)sx_ascii_lower(s[0]) >> 5);
    c = polymod(c, (unsigned)sx_ascii_lower(s[1]) >> 5);
    c = polymod(c, 0);
    c = polymod(c, (unsigned)sx_ascii_lower(s[0]) & 31);
    c = polymod(c, (unsigned)sx_ascii_lower(s[1]) & 31);
    for (size_t i = 3; i < n; i++) {
        const char *at = memchr(SET, sx_ascii_lower(s[i]), sizeof SET - 1);
        if (at == NULL) return false;
        c = polymod(c, (unsigned)(at - SET));
    }
    return c == 1 || c == 0x2bc830a3;
}

float sx_check_bitcoin(const sx_match *m, int arg)
{
    (void)arg;
    bool ok = m->text[2] == '1' && !sx_ascii_digit(m->text[0]) ? bech32(m->text, m->len) : base58check(m->text, m->len);
    return ok ? SX_CHECK_YES : SX_CHECK_NO;
}
