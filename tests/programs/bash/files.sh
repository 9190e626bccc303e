set -eu
shopt -s globstar nullglob

files() {
	local path
	found=()
	for path in tree/**; do [[ ! -f $path ]] || found+=("$path"); done
}

mkdir -p tree/b
printf hello >tree/a.txt
printf 'hello world' >tree/b/c.txt
: >tree/b/d.txt
total=0
files
for path in "${found[@]}"; do
	size=$(stat -c %s "$path")
	total=$((total + size))
	echo "${path#tree/} $size"
done
echo "total $total"
mv tree/b/c.txt tree/moved.txt
echo "renamed $(<tree/moved.txt)"
rm tree/b/d.txt
files
echo "left ${#found[@]}"
