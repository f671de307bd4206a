#include "src/pipeline/project.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kinglet::pipeline {
namespace {

using ::testing::HasSubstr;

TEST(Project, TemplatesParseAndNameTheirTask) {
  for (const Task task : {Task::kKeyword, Task::kImage}) {
    const auto project = ParseProject(ProjectTemplate(task, "bird"), "kinglet.toml");
    ASSERT_TRUE(project.has_value()) << project.error().message;
    EXPECT_EQ(project->name, "bird");
    EXPECT_EQ(project->task, task);
    EXPECT_GT(project->requirements.accuracy_min, 0.5);
  }
}

TEST(Project, AMistypedKeyNamesTheNearestOne) {
  std::string text = ProjectTemplate(Task::kImage, "bird");
  text.replace(text.find("epochs ="), 8, "epohcs =");
  EXPECT_THAT(ParseProject(text, "kinglet.toml").error().message,
              HasSubstr("[train] epohcs: unknown key; did you mean 'epochs'?"));
}

TEST(Project, TheOtherTasksTableIsAnError) {
  const std::string text = ProjectTemplate(Task::kImage, "bird") + "\n[audio]\nclip_ms = 1000\n";
  EXPECT_THAT(ParseProject(text, "kinglet.toml").error().message, HasSubstr("audio: unknown key"));
}

TEST(Project, RefusesSplitsThatLeaveNothingToTrainOn) {
  std::string text = ProjectTemplate(Task::kImage, "bird");
  text.replace(text.find("test_percent = 20"), 17, "test_percent = 80");
  text.replace(text.find("validation_percent = 10"), 23, "validation_percent = 20");
  EXPECT_THAT(ParseProject(text, "kinglet.toml").error().message, HasSubstr("to train on"));
}

TEST(Project, AMissingFileTellsHowToMakeOne) {
  EXPECT_THAT(LoadProject("/nonexistent").error().message, HasSubstr("kinglet new"));
}

}  // namespace
}  // namespace kinglet::pipeline
