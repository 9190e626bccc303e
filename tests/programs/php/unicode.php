<?php
$text = rtrim(fgets(STDIN), "\n");
$points = preg_split('//u', $text, -1, PREG_SPLIT_NO_EMPTY);
echo count($points), " ", strlen($text), "\n";
echo implode("", array_reverse($points)), "\n";

function number(string $utf8): int
{
    $bytes = array_map(ord(...), str_split($utf8));
    $lead = array_shift($bytes);
    $number = $bytes ? $lead & (0x3f >> count($bytes)) : $lead;
    return array_reduce($bytes, fn($n, $byte) => $n << 6 | $byte & 0x3f, $number);
}

echo implode(" ", array_map(dechex(...), array_filter(array_map(number(...), $points), fn($n) => $n > 127))), "\n";
