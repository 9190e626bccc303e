declare -A counts
count=0 sum=0
while read -r key value; do
	counts[$key]=$((${counts[$key]:-0} + value))
	sum=$((sum + value)) count=$((count + 1))
	((count % 20)) || echo "$count $sum"
done
for key in "${!counts[@]}"; do echo "$key ${counts[$key]}"; done | sort
