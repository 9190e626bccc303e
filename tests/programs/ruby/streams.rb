counts = Hash.new(0)
sum = 0
$stdin.each_line.with_index(1) do |line, i|
  key, value = line.split
  counts[key] += value.to_i
  sum += value.to_i
  puts "#{i} #{sum}" if (i % 20).zero?
end
counts.sort.each { |pair| puts pair.join(" ") }
