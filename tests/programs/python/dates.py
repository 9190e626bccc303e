import datetime
import sys

dates = [datetime.date.fromisoformat(line.strip()) for line in sys.stdin]
for date in dates:
    print(date, date.strftime("%a"), date + datetime.timedelta(days=45))
print("days", (max(dates) - min(dates)).days)
