// Stands in for Arduino's header of this name.
#pragma once

#include <stdint.h>
#include <stdio.h>

struct SerialPort {
  void begin(unsigned long) {}
  explicit operator bool() const { return true; }
  void print(unsigned long number) { printf("%lu", number); }
  void println(const char* text) { printf("%s\n", text); }
};
inline SerialPort Serial;

inline unsigned long micros() { return 0; }
inline void delay(unsigned long) {}

void setup();
void loop();
