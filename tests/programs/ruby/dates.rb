require "date"

dates = $stdin.each_line(chomp: true).map { |line| Date.iso8601(line) }
dates.each { |date| puts "#{date} #{date.strftime("%a")} #{date + 45}" }
puts "days #{(dates.max - dates.min).to_i}"
