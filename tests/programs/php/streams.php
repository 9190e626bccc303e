<?php
function pairs($stream): Generator
{
    while (($line = fgets($stream)) !== false) {
        [$key, $value] = explode(" ", rtrim($line));
        yield $key => (int) $value;
    }
}

$counts = [];
$sum = $i = 0;
foreach (pairs(STDIN) as $key => $value) {
    $counts[$key] = ($counts[$key] ?? 0) + $value;
    $sum += $value;
    if (++$i % 20 === 0) {
        fprintf(STDOUT, "%d %d\n", $i, $sum);
    }
}
ksort($counts);
foreach ($counts as $key => $value) {
    echo "$key $value\n";
}
