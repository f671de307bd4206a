// What an Arduino core has beside the sketch.
#include <Arduino.h>

int main() {
  setup();
  loop();
}
