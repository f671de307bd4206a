#include "src/pipeline/project.h"

namespace kinglet::pipeline {
namespace {

constexpr char kHead[] = R"([project]
name = "{name}"
task = "{task}"              # keyword: one second of sound to a word; image: a small picture to a class
board = "{board}"  # 'kinglet boards' lists them; 'kinglet plan --boards all' ranks them

[requirements]                 # what the result is held to; 0 means not asked
accuracy_min = {accuracy}           # on the test split, as deployed (int8), 0 to 1
flash_bytes_max = {flash}       # for everything Kinglet generates; 0: what the board has
ram_bytes_max = {ram}
latency_ms_max = {latency}           # for one whole window, features and model

[application]                  # what the rest of your firmware keeps for itself
flash_bytes = 0
ram_bytes = 0

)";

constexpr char kData[] = R"([data]
sources = [{sources}]  # folders or files; relative to this file
pattern = ""                   # where label and group stand in a path: "{{label}}/{{group}}_nohash_{{*}}.wav"; "": class folders
manifest = ""                  # a CSV file with the columns path and label instead
group_column = ""              # the manifest's column that names the speaker, person or session
validation_percent = 10        # of the groups; a group is never on two sides
test_percent = 20
validation_groups = []         # these groups exactly, instead of a percentage
test_groups = []
seed = 1                       # of the split
classes_expected = {classes}          # for the plan, until there is data

)";

constexpr char kAudio[] = R"([audio]
sample_rate_hz = 16000         # of the device's microphone; recordings are resampled to it
clip_ms = 1000                 # what one decision is made from
step_ms = 500                  # on the device: from one decision to the next
frame_ms = 32                  # one spectrum
stride_ms = 20                 # from one spectrum to the next
mel_count = 40                 # mel bands
coefficients = 0               # 0: the mel bands themselves; else so many cepstral coefficients (MFCC)
low_hz = 80                    # edges of the mel bands
high_hz = 0                    # 0: 95 % of half the sample rate
normalize = "peak"             # of a window: none, peak (loudness does not matter), band (nor the room's colouring)
range_db = 42                  # of peak: what is softer than the loudest moment by this counts as silence

)";

constexpr char kImage[] = R"([image]
width = 28                     # pictures are resized to this
height = 28
channels = 1                   # 1: grey, 3: colour
normalize = "none"             # or contrast: each picture is brought to the same brightness and contrast

)";

constexpr char kTail[] = R"([train]
model = "auto"                 # auto: the largest member of the family that the plan admits; or its name, from 'kinglet plan'
epochs = 0                     # 0: the family's default
qat_epochs = 0                 # of quantisation-aware training after that; 0: the family's default
augment_copies = 0             # altered copies of each clip (shift, gain, noise, speed); 0: the family's default
noise_label = "silence"        # class whose clips are mixed into those copies as background; "": none
seed = 1
threads = 0                    # 0: all cores; the trained weights do not depend on it

[bench]
emulated_samples = 500         # test recordings that run on the emulated board; the host runs all of them
)";

}  // namespace

std::string ProjectTemplate(Task task, std::string_view name,
                            const std::vector<std::string>& sources) {
  using fmt::arg;
  const bool audio = task == Task::kKeyword;
  std::string quoted;
  for (const std::string& source : sources) {
    quoted += quoted.empty() ? "\"" : ", \"";
    for (const char c : source) {
      if (c == '"' || c == '\\') quoted += '\\';
      quoted += c;
    }
    quoted += '"';
  }
  std::string text =
      "# A Kinglet project. Every field is here with its default; delete what you do not need.\n\n";
  text += fmt::format(kHead, arg("name", name), arg("task", TaskName(task)),
                      arg("board", audio ? "nano-33-ble-sense" : "nucleo-l432kc"),
                      arg("accuracy", audio ? "0.75" : "0.90"),
                      arg("flash", audio ? "65536" : "131072"),
                      arg("ram", audio ? "32768" : "49152"), arg("latency", "500"));
  text += fmt::format(kData, arg("sources", quoted), arg("classes", audio ? "5 " : "10"));
  text += audio ? kAudio : kImage;
  return text + kTail;
}

}  // namespace kinglet::pipeline
