#include "src/pipeline/report/page_check.h"

#include <cctype>
#include <regex>
#include <set>
#include <sstream>
#include <string_view>

namespace kinglet::report {
namespace {

// Reads a page from the start; XML's rules as far as the report's pages use them.
class Checker {
 public:
  explicit Checker(std::string_view page) : rest_(page) {}

  std::vector<std::string> Run() {
    if (!Eat("<!DOCTYPE html>\n")) Breach("no doctype");
    while (!rest_.empty()) {
      Text(rest_.substr(0, rest_.find('<')));
      if (!rest_.empty()) Tag();
    }
    for (const std::string& tag : open_) Breach("never closed: " + tag);
    for (const std::string& id : references_) {
      if (!ids_.contains(id)) Breach("no such id: " + id);
    }
    return breaches_;
  }

 private:
  void Breach(const std::string& what) { breaches_.push_back(what.substr(0, 200)); }

  bool Eat(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }

  std::string Name() {
    size_t length = 0;
    while (length < rest_.size() &&
           (std::isalnum(static_cast<unsigned char>(rest_[length])) != 0 || rest_[length] == '-')) {
      ++length;
    }
    std::string name(rest_.substr(0, length));
    rest_.remove_prefix(length);
    return name;
  }

  void Entities(std::string_view text) {
    for (size_t at = text.find('&'); at != std::string_view::npos; at = text.find('&', at + 1)) {
      bool known = false;
      for (const std::string_view entity : {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"}) {
        known = known || text.substr(at).starts_with(entity);
      }
      if (!known) Breach("loose & in: " + std::string(text.substr(at)));
    }
  }

  void Text(std::string_view text) {
    const bool style = !open_.empty() && open_.back() == "style";
    if (text.find('>') != std::string_view::npos && !style)
      Breach("loose > in: " + std::string(text));
    Entities(text);
    rest_.remove_prefix(text.size());
  }

  void Tag() {
    Eat("<");
    const bool closing = Eat("/");
    const std::string name = Name();
    if (name.empty()) return Breach("loose <");
    if (closing) {
      if (!Eat(">")) Breach("malformed end of " + name);
      if (open_.empty() || open_.back() != name) return Breach("unexpected end of " + name);
      open_.pop_back();
      return;
    }
    std::set<std::string> names;
    while (Eat(" ")) {
      if (rest_.starts_with("/>")) break;
      const std::string attribute = Name();
      if (attribute.empty() || !Eat("=\"")) return Breach("malformed attribute of " + name);
      const std::string_view value = rest_.substr(0, rest_.find('"'));
      rest_.remove_prefix(std::min(rest_.size(), value.size() + 1));
      if (!names.insert(attribute).second) Breach("attribute twice: " + attribute);
      Attribute(attribute, value);
    }
    if (Eat("/>")) return;
    if (!Eat(">")) return Breach("malformed tag " + name);
    open_.push_back(name);
  }

  void Attribute(const std::string& name, std::string_view value) {
    Entities(value);
    if (value.find_first_of("<>") != std::string_view::npos) Breach("loose < or > in " + name);
    if (name.starts_with("on")) Breach("event handler: " + name);
    if (name == "id" && !ids_.emplace(value).second) Breach("id twice: " + std::string(value));
    if (name == "href" && value.starts_with("#")) references_.emplace(value.substr(1));
    if (name == "aria-labelledby") {
      std::istringstream words{std::string(value)};
      for (std::string word; words >> word;) references_.insert(word);
    }
  }

  std::string_view rest_;
  std::vector<std::string> open_, breaches_;
  std::set<std::string> ids_, references_;
};

}  // namespace

std::vector<std::string> Breaches(const std::string& page) { return Checker(page).Run(); }

std::vector<std::string> Loads(const std::string& page) {
  static const std::regex load(
      R"re( (?:src|href|srcset|data|action|poster)="([^"]{0,40})|url\(([^)]{0,40})|@import(.))re");
  std::vector<std::string> loads;
  for (std::sregex_iterator i(page.begin(), page.end(), load), end; i != end; ++i) {
    const std::string target = (*i)[1].str() + (*i)[2].str() + (*i)[3].str();
    if (!target.starts_with("#") && !target.starts_with("data:")) loads.push_back(target);
  }
  for (const std::string_view word : {"<script", "<iframe", "<object", "<embed"}) {
    if (page.find(word) != std::string::npos) loads.emplace_back(word);
  }
  return loads;
}

}  // namespace kinglet::report
