/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * A "language" whose programs are texts that are turned by 13 letters, or by as many as their first argument
 * says. A manifest cannot compute the alphabets for tr(1); so there is this plugin. It fills in one hook and
 * leaves the others to the default plugin. */
#include <codeexec/plugin.h>

/* 1 to 25, or 0 if that is not what it says. */
static int read_shift(const char *text)
{
	int shift = 0;

	for (; *text >= '0' && *text <= '9' && shift < 100; text++)
		shift = shift * 10 + (*text - '0');
	return *text == '\0' && shift < 26 ? shift : 0;
}

static void fill_alphabet(char *out, int shift)
{
	int i;

	for (i = 0; i < 26; i++) {
		out[i] = (char)('A' + (i + shift) % 26);
		out[26 + i] = (char)('a' + (i + shift) % 26);
	}
	out[52] = '\0';
}

static int prepare(const ce_plugin_host *host, ce_plugin_call *call, const ce_plugin_runtime *runtime,
		   const ce_plugin_request *request)
{
	const char *const program[] = {"{source}", NULL};
	int shift = request->args[0] ? read_shift(request->args[0]) : 13;
	char from[53], to[53];

	if (shift == 0)
		return host->fail(call, CE_ERR_INVALID, "the argument must be a number from 1 to 25");
	fill_alphabet(from, 0);
	fill_alphabet(to, shift);
	/* A failure of any of these sticks to the call; so it is enough to return the last one. */
	host->expand(call, CE_STAGE_RUN, runtime->run->command);
	host->add_argument(call, CE_STAGE_RUN, from);
	host->add_argument(call, CE_STAGE_RUN, to);
	return host->expand(call, CE_STAGE_RUN, program);
}

const ce_plugin *ce_plugin_entry(void)
{
	static const ce_plugin plugin = {
	    CE_PLUGIN_ABI, sizeof(ce_plugin), "rot13", NULL /* probe */, prepare, NULL /* explain */,
	};

	return &plugin;
}
