results = Queue.new
workers = 4.times.map do |part|
  Thread.new { results << [part, (1..4000).select { |i| i % 4 == part }.sum { |i| i * i }] }
end
workers.each(&:join)
sums = Array.new(4) { results.pop }.to_h
puts "sum #{sums.values.sum}"
puts "largest #{sums.max_by(&:last).join(" ")}"
