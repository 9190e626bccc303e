/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * SHA-256 and HMAC against the published vectors, in pieces of every size, and against each other at every length. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "cache/sha256.h"

static const char *hex(const unsigned char *bytes)
{
	static char text[2 * CE_SHA256_BYTES + 1];

	for (size_t i = 0; i < CE_SHA256_BYTES; i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	return text;
}

static const char *sha_in_pieces(const char *text, size_t size, size_t piece)
{
	unsigned char out[CE_SHA256_BYTES];
	struct ce_sha256 sha;

	ce__sha256_init(&sha);
	for (size_t at = 0; at < size; at += piece)
		ce__sha256_add(&sha, text + at, size - at < piece ? size - at : piece);
	ce__sha256_end(&sha, out);
	return hex(out);
}

/* FIPS 180-4 and NIST's examples. */
static void sha256_gives_the_published_digests(void **state)
{
	static const struct {
		const char *text, *digest;
	} vectors[] = {
		{ "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		{ "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
		{ "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrs"
		  "mnopqrstnopqrstu",
		  "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
		for (size_t piece = 1; piece < 130; piece++)
			assert_string_equal(sha_in_pieces(vectors[i].text, strlen(vectors[i].text), piece), vectors[i].digest);
}

static void sha256_of_a_million_letters_is_right(void **state)
{
	static char letters[1000000];

	(void)state;
	memset(letters, 'a', sizeof(letters));
	assert_string_equal(sha_in_pieces(letters, sizeof(letters), sizeof(letters)),
			    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	assert_string_equal(sha_in_pieces(letters, sizeof(letters), 4097),
			    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void the_padding_is_right_around_every_block_boundary(void **state)
{
	/* SHA-256 over the digests of 0 to 199 bytes of 'x', one after the other; from an independent implementation. */
	static const char expected[] = "f5e61141898898cdabae3590cb32e1901b40bdc59952302926213a44c105c129";
	char text[200];
	struct ce_sha256 all;
	unsigned char out[CE_SHA256_BYTES];

	(void)state;
	memset(text, 'x', sizeof(text));
	ce__sha256_init(&all);
	for (size_t size = 0; size < sizeof(text); size++) {
		struct ce_sha256 sha;

		ce__sha256_init(&sha);
		ce__sha256_add(&sha, text, size);
		ce__sha256_end(&sha, out);
		ce__sha256_add(&all, out, sizeof(out));
	}
	ce__sha256_end(&all, out);
	assert_string_equal(hex(out), expected);
}

/* RFC 4231. */
static void hmac_gives_the_published_codes(void **state)
{
	static const struct {
		size_t key_size, data_size;
		int key_byte, data_byte; /* -1: the text */
		const char *key, *data, *code;
	} vectors[] = {
		{ 20, 8, 0x0b, -1, NULL, "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
		{ 4, 28, -1, -1, "Jefe", "what do ya want for nothing?",
		  "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
		{ 20, 50, 0xaa, 0xdd, NULL, NULL, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe" },
		{ 131, 54, 0xaa, -1, NULL, "Test Using Larger Than Block-Size Key - Hash Key First",
		  "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		unsigned char key[131], data[64], out[CE_SHA256_BYTES];
		struct ce_hmac hmac;

		memset(key, vectors[i].key_byte & 255, sizeof(key));
		memset(data, vectors[i].data_byte & 255, sizeof(data));
		ce__hmac_init(&hmac, vectors[i].key ? (const void *)vectors[i].key : key, vectors[i].key_size);
		ce__hmac_add(&hmac, vectors[i].data ? (const void *)vectors[i].data : data, vectors[i].data_size);
		ce__hmac_end(&hmac, out);
		assert_string_equal(hex(out), vectors[i].code);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sha256_gives_the_published_digests),
		cmocka_unit_test(sha256_of_a_million_letters_is_right),
		cmocka_unit_test(the_padding_is_right_around_every_block_boundary),
		cmocka_unit_test(hmac_gives_the_published_codes),
	};

	return cmocka_run_group_tests_name("sha256", tests, NULL, NULL);
}
