<?php
$dates = array_map(fn($line) => new DateTimeImmutable($line, new DateTimeZone("UTC")), file("php://stdin", FILE_IGNORE_NEW_LINES));
foreach ($dates as $date) {
    echo $date->format("Y-m-d D"), " ", $date->add(new DateInterval("P45D"))->format("Y-m-d"), "\n";
}
echo "days ", max($dates)->diff(min($dates))->days, "\n";
