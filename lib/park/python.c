/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Python's end, shortened: what it does between its last atexit handler and exit() frees memory, page by page that it shares
 * with nobody until then. A handler of ours is the first to be registered, and so runs last: it does what can be seen from
 * outside (standard streams, open files) and leaves Py_FinalizeEx, whose callers know the exit status and go on to exit(). */
#include "park/inside.h"

#include <dlfcn.h>
#include <stddef.h>

typedef struct object PyObject;

/* As in Python.h, where it has been since Python 2. */
struct method {
	const char *name;
	PyObject *(*function)(PyObject *, PyObject *);
	int flags;
	const char *doc;
};
#define METH_NOARGS 4
#define Py_file_input 257

static struct {
	int (*PyGILState_Ensure)(void);
	void (*PyGILState_Release)(int);
	PyObject *(*PyDict_New)(void);
	int (*PyDict_SetItemString)(PyObject *, const char *, PyObject *);
	PyObject *(*PyDict_GetItemString)(PyObject *, const char *);
	PyObject *(*PyEval_GetBuiltins)(void);
	PyObject *(*PyRun_String)(const char *, int, PyObject *, PyObject *);
	PyObject *(*PyCFunction_NewEx)(struct method *, PyObject *, PyObject *);
	PyObject *(*PySys_GetObject)(const char *);
	PyObject *(*PyObject_GetAttrString)(PyObject *, const char *);
	PyObject *(*PyObject_CallFunctionObjArgs)(PyObject *, ...);
	int (*PyObject_IsTrue)(PyObject *);
	void (*PyErr_WriteUnraisable)(PyObject *);
	void (*PyErr_Clear)(void);
	void (*Py_DecRef)(PyObject *);
	void (*Py_IncRef)(PyObject *);
	PyObject *Py_None;
	const void *Py_FinalizeEx;
} api;

static bool find_api(void)
{
#define FUNCTION(name) { #name, (void **)(void *)&api.name }
	static const struct {
		const char *name;
		void **to;
	} functions[] = {
		FUNCTION(PyGILState_Ensure), FUNCTION(PyGILState_Release), FUNCTION(PyDict_New), FUNCTION(PyDict_SetItemString),
		FUNCTION(PyDict_GetItemString), FUNCTION(PyEval_GetBuiltins), FUNCTION(PyRun_String), FUNCTION(PyCFunction_NewEx),
		FUNCTION(PySys_GetObject), FUNCTION(PyObject_GetAttrString), FUNCTION(PyObject_CallFunctionObjArgs),
		FUNCTION(PyObject_IsTrue), FUNCTION(PyErr_WriteUnraisable), FUNCTION(PyErr_Clear), FUNCTION(Py_DecRef),
		FUNCTION(Py_IncRef), FUNCTION(Py_FinalizeEx), { "_Py_NoneStruct", (void **)(void *)&api.Py_None },
	};

	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		*functions[i].to = dlsym(RTLD_DEFAULT, functions[i].name);
		if (!*functions[i].to)
			return false;
	}
	return true;
}

static PyObject *files_closer; /* owned */

static void drop(PyObject *object)
{
	if (object)
		api.Py_DecRef(object);
}

static bool is_closed(PyObject *file)
{
	PyObject *closed = api.PyObject_GetAttrString(file, "closed");
	int is = closed ? api.PyObject_IsTrue(closed) : 0;

	if (!closed || is < 0)
		api.PyErr_Clear();
	drop(closed);
	return is > 0;
}

/* As Python does it: a standard output that cannot be written is an exit status of 120, and is told. */
static int flush_one(const char *name, bool tell)
{
	PyObject *file = api.PySys_GetObject(name), *flush, *result = NULL; /* borrowed */

	if (!file || file == api.Py_None || is_closed(file))
		return 0;
	api.Py_IncRef(file);
	flush = api.PyObject_GetAttrString(file, "flush");
	if (flush)
		result = api.PyObject_CallFunctionObjArgs(flush, NULL);
	if (!result && tell)
		api.PyErr_WriteUnraisable(file);
	else if (!result)
		api.PyErr_Clear();
	drop(flush);
	drop(file);
	if (!result)
		return -1;
	drop(result);
	return 0;
}

static int flush_both(void)
{
	int out = flush_one("stdout", true), err = flush_one("stderr", false);

	return out < 0 || err < 0 ? -1 : 0;
}

static PyObject *leave(PyObject *self, PyObject *nothing)
{
	int status = flush_both();
	PyObject *closed = api.PyObject_CallFunctionObjArgs(files_closer, NULL);

	(void)self, (void)nothing;
	if (!closed)
		api.PyErr_Clear();
	drop(closed);
	/* What those have printed. By now Python would not tell any more. */
	flush_one("stdout", false);
	flush_one("stderr", false);
	ce__leave_function(api.Py_FinalizeEx, status);
	api.Py_IncRef(api.Py_None);
	return api.Py_None;
}

/* Of the program's files only: what was there before is out of the collector's sight. Those that hold others go first. */
static const char source[] =
	"def prepare(leave):\n"
	"    import sys\n"
	"    had = [name for name in ('atexit', 'gc') if name in sys.modules]\n"
	"    import atexit, gc\n"
	"    from _io import _IOBase, _TextIOBase, _RawIOBase\n"
	"    names = ('stdin', 'stdout', 'stderr', '__stdin__', '__stdout__', '__stderr__')\n"
	"    get_objects, is_a, Any = gc.get_objects, issubclass, BaseException\n"
	"    def close_files():\n"
	"        keep = set()\n"
	"        for name in names:\n"
	"            part = getattr(sys, name, None)\n"
	"            for inner in ('buffer', 'raw', None):\n"
	"                keep.add(id(part))\n"
	"                part = inner and getattr(part, inner, None)\n"
	"        files = [o for o in get_objects() if is_a(type(o), _IOBase) and id(o) not in keep]\n"
	"        files.sort(key=lambda o: 0 if is_a(type(o), _TextIOBase) else 2 if is_a(type(o), _RawIOBase) else 1)\n"
	"        for file in files:\n"
	"            try:\n"
	"                file.close()\n"
	"            except Any:\n"
	"                pass\n"
	"    atexit.register(leave)\n"
	"    gc.freeze()\n" /* no collection will touch, and so copy, what a zygote's children share */
	"    for name in ('atexit', 'gc'):\n"
	"        if name not in had:\n"
	"            del sys.modules[name]\n"
	"    return close_files\n";

static PyObject *run_source(PyObject *globals)
{
	static struct method method = { "leave", leave, METH_NOARGS, NULL };
	PyObject *function = api.PyCFunction_NewEx(&method, NULL, NULL), *done = NULL, *closer = NULL;

	if (function && api.PyDict_SetItemString(globals, "__builtins__", api.PyEval_GetBuiltins()) == 0)
		done = api.PyRun_String(source, Py_file_input, globals, globals);
	if (done)
		closer = api.PyObject_CallFunctionObjArgs(api.PyDict_GetItemString(globals, "prepare"), function, NULL);
	drop(done);
	drop(function);
	return closer;
}

void ce__python_prepare(bool fast_exit)
{
	PyObject *globals;
	int state;

	if (!fast_exit || !find_api())
		return;
	state = api.PyGILState_Ensure();
	globals = api.PyDict_New();
	files_closer = globals ? run_source(globals) : NULL;
	if (!files_closer)
		api.PyErr_Clear(); /* it ends as it always did */
	drop(globals);
	api.PyGILState_Release(state);
}
