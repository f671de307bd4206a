#include "src/lookahead/budget.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "src/base/progress.h"

namespace kinglet::lookahead {
namespace {

// "of RAM", "a window": what a total of the resource is counted in.
std::string_view Whole(Resource resource) {
  switch (resource) {
    case Resource::kFlash:
      return "of flash";
    case Resource::kRam:
      return "of RAM";
    case Resource::kLatency:
      return "a window";
    case Resource::kProcessor:
      return "of work a step";
  }
  return "";
}

}  // namespace

std::string_view VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kFits:
      return "fits";
    case Verdict::kFitsTight:
      return "fits_tight";
    case Verdict::kDoesNotFit:
      return "does_not_fit";
  }
  return "";
}

std::string_view ResourceName(Resource resource) {
  switch (resource) {
    case Resource::kFlash:
      return "flash";
    case Resource::kRam:
      return "ram";
    case Resource::kLatency:
      return "latency";
    case Resource::kProcessor:
      return "processor";
  }
  return "";
}

std::string FormatAmount(Resource resource, double amount) {
  if (resource == Resource::kFlash || resource == Resource::kRam)
    return FormatCount(static_cast<uint64_t>(std::llround(amount))) + " B";
  return fmt::format("{:.{}f} ms", amount, amount < 10 ? 2 : 1);
}

std::string LineTitle(std::string_view name) {
  std::string title(name);
  std::replace(title.begin(), title.end(), '_', ' ');
  return title;
}

Estimate Budget::Total() const {
  Estimate total;
  for (const Line& line : lines) {
    total.predicted += line.amount.predicted;
    total.worst += line.amount.worst;
  }
  return total;
}

Verdict Budget::GetVerdict() const {
  const Estimate total = Total();
  if (total.predicted > limit) return Verdict::kDoesNotFit;
  return total.worst > limit ? Verdict::kFitsTight : Verdict::kFits;
}

std::string Budget::Reason() const {
  std::vector<Line> shown;
  for (const Line& line : lines) {
    if (line.amount.predicted > 0) shown.push_back(line);
  }
  std::stable_sort(shown.begin(), shown.end(), [](const Line& a, const Line& b) {
    return a.amount.predicted > b.amount.predicted;
  });
  std::string text;
  for (const Line& line : shown) {
    text += fmt::format("{}{} {}", text.empty() ? "" : " + ", LineTitle(line.name),
                        FormatAmount(resource, line.amount.predicted));
  }
  const Estimate total = Total();
  text += fmt::format("{}{} {}", shown.size() == 1 ? ", " : " = ",
                      FormatAmount(resource, total.predicted), Whole(resource));
  if (GetVerdict() == Verdict::kFitsTight) {
    text += fmt::format(", up to {} with the error of the estimate",
                        FormatAmount(resource, total.worst));
  }
  if (std::isinf(limit)) return text;
  return text + fmt::format("; {} {}", limit_text, FormatAmount(resource, limit));
}

}  // namespace kinglet::lookahead
