<?php
$pattern = '/^(?<date>\d{4}-\d{2}-\d{2}) (?<level>[A-Z]+) (?<text>.+) id=(?<id>\d+)$/m';
preg_match_all($pattern, stream_get_contents(STDIN), $matches, PREG_SET_ORDER);
foreach ($matches as $m) {
    printf("%s %s %s [%s]\n", $m["id"], $m["level"], $m["date"], $m["text"]);
}
echo "errors ", count(array_filter($matches, fn($m) => $m["level"] === "ERROR")), "\n";
