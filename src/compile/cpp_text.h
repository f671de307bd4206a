// Text of C++ source from values that may come from outside: names, labels and numbers that cannot
// break out of their place.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "src/base/bytes.h"
#include "src/ir/graph.h"

namespace kinglet::compile {

// `text` as a lower-case identifier that is no keyword, no macro of a usual compiler and no
// namespace of ours: letters and digits stay, every run of other bytes becomes one underscore. At
// most 60 characters; "model" when nothing is left.
std::string Identifier(std::string_view text);

// `text` as a string literal, quotes included; bytes outside of printable ASCII as octal escapes.
std::string StringLiteral(std::string_view text);

// `text` for the rest of a // comment: one line of printable ASCII, at most 100 characters.
std::string CommentText(std::string_view text);

// A float literal that reads back as the same bits. `value` is finite.
std::string FloatLiteral(float value);

// An int32_t literal, also for the least value.
std::string IntLiteral(int32_t value);

// The C++ type of an element: "int8_t", "float"; bool is uint8_t.
std::string_view ElementTypeName(ir::DataType type);

// The elements of an array initialiser, without braces, in lines of at most 100 columns.
std::string ArrayElements(ir::DataType type, ByteView little_endian);

}  // namespace kinglet::compile
