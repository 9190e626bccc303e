pattern = /^(?<date>\d{4}-\d{2}-\d{2}) (?<level>[A-Z]+) (?<text>.+) id=(?<id>\d+)$/
matches = $stdin.each_line.filter_map { |line| pattern.match(line) }
matches.each { |m| puts "#{m[:id]} #{m[:level]} #{m[:date]} [#{m[:text]}]" }
puts "errors #{matches.count { |m| m[:level] == "ERROR" }}"
