"""Virtual athletes, sensors and radio: the whole line with no hardware."""
