import java.io.*;
import java.time.*;
import java.time.format.TextStyle;
import java.time.temporal.ChronoUnit;
import java.util.*;

class Main {
	public static void main(String[] args) {
		List<LocalDate> dates = new BufferedReader(new InputStreamReader(System.in)).lines().map(LocalDate::parse).toList();
		for (LocalDate date : dates)
			System.out.println(date + " " + date.getDayOfWeek().getDisplayName(TextStyle.SHORT, Locale.ENGLISH) + " " + date.plusDays(45));
		System.out.println("days " + ChronoUnit.DAYS.between(Collections.min(dates), Collections.max(dates)));
	}
}
