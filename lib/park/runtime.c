/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "park/inside.h"

#include <dlfcn.h>

void ce__runtime_prepare(bool fast_exit)
{
	if (dlsym(RTLD_DEFAULT, "Py_FinalizeEx"))
		ce__python_prepare(fast_exit);
}
