/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The program that takes archives apart, in a cell: formats that strangers filled in are no business of the host's. What it
 * writes is as plain as can be: for each file two numbers of four bytes (length of the name, executable), one of eight (size),
 * all little-endian, then name and bytes. */
#ifndef CE_API_UNPACK_SCRIPT_H
#define CE_API_UNPACK_SCRIPT_H

#define CE_UNPACK_OUTPUT "layer.bin"

static const char ce__unpack_script[] =
	"import io, os, struct, sys, tarfile, zipfile\n"
	"out = open('" CE_UNPACK_OUTPUT "', 'xb')\n"
	"seen = set()\n"
	"def put(path, data, executable):\n"
	"    if path in seen or '\\n' in path or any(part in ('', '.', '..') for part in path.split('/')):\n"
	"        sys.exit(f'refused: {path!r} is there twice or no good name')\n"
	"    seen.add(path)\n"
	"    name = os.fsencode(path)\n"
	"    out.write(struct.pack('<IIQ', len(name), executable, len(data)) + name + data)\n"
	"def tar(data, prefix, strip):\n"
	"    with tarfile.open(fileobj=io.BytesIO(data)) as archive:\n"
	"        for member in archive:\n"
	"            parts = [part for part in member.name.split('/') if part not in ('', '.')][strip:]\n"
	"            if member.isfile() and parts:\n"
	"                put('/'.join(prefix + parts), archive.extractfile(member).read(), bool(member.mode & 0o100))\n"
	"def wheel(data, prefix):\n"
	"    with zipfile.ZipFile(io.BytesIO(data)) as archive:\n"
	"        for member in archive.infolist():\n"
	"            parts = member.filename.split('/')\n"
	"            if member.is_dir():\n"
	"                continue\n"
	"            if parts[0].endswith('.data'):\n"
	"                if parts[1] not in ('purelib', 'platlib'):\n"
	"                    continue\n"
	"                parts = parts[2:]\n"
	"            put('/'.join(prefix + parts), archive.read(member), bool(member.external_attr >> 16 & 0o100))\n"
	"def gem(data, prefix):\n"
	"    with tarfile.open(fileobj=io.BytesIO(data)) as archive:\n"
	"        tar(archive.extractfile('data.tar.gz').read(), prefix, 0)\n"
	"for name in sys.argv[1:]:\n"
	"    with open(name, 'rb') as file:\n"
	"        data = file.read()\n"
	"    place = name.split('/')[1:]\n"
	"    stem, _, kind = place[-1].rpartition('.')\n"
	"    try:\n"
	"        if kind == 'tgz':\n"
	"            tar(data, place[:-1] + [stem], 1)\n"
	"        elif kind == 'whl':\n"
	"            wheel(data, place[:-1])\n"
	"        elif kind == 'gem':\n"
	"            gem(data, place[:-1])\n"
	"        elif kind == 'jar':\n"
	"            put('/'.join(place), data, False)\n"
	"        else:\n"
	"            sys.exit(f'{\"/\".join(place)}: not an archive of a known kind (tgz, whl, gem, jar)')\n"
	"    except (tarfile.TarError, zipfile.BadZipFile, KeyError, EOFError, OSError) as problem:\n"
	"        sys.exit(f'{\"/\".join(place)}: {problem}')\n";

#endif
