/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#ifndef CODEEXEC_PLUGIN_H
#define CODEEXEC_PLUGIN_H
#include <codeexec/codeexec.h>
#define CE_PLUGIN_ABI 1
#endif
