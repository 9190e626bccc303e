<?php
$words = preg_split('/\s+/', trim(stream_get_contents(STDIN)));
usort($words, fn($a, $b) => [strlen($b), $a] <=> [strlen($a), $b]);
echo implode("\n", $words), "\n";
$lengths = array_map(strlen(...), $words);
sort($lengths);
$middle = intdiv(count($lengths), 2);
$median = count($lengths) % 2 ? $lengths[$middle] : ($lengths[$middle - 1] + $lengths[$middle]) / 2;
printf("median %.1f\n", $median);
