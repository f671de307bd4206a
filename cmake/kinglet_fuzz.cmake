# kinglet_fuzz(NAME SOURCES .. LIBRARIES .. [RUNS n] [CANARY])
#
# One fuzz target, kinglet_fuzz_NAME, from a harness with two functions (fuzz/fuzz.h). Two engines: normally a driver that changes the
# harness's seeds with a seeded generator, run n times by the test Fuzz.NAME; with KINGLET_LIBFUZZER, libFuzzer:
#   build/fuzz/fuzz/kinglet_fuzz_NAME -max_total_time=60 an/empty/folder
# A CANARY harness has a planted fault: its test passes only if the driver finds and reports it.
function(kinglet_fuzz name)
  cmake_parse_arguments(F "CANARY" "RUNS" "SOURCES;LIBRARIES" ${ARGN})
  if(NOT F_RUNS)
    set(F_RUNS 2000)
  endif()
  set(target kinglet_fuzz_${name})
  if(KINGLET_LIBFUZZER)
    add_executable(${target} ${F_SOURCES} "${CMAKE_SOURCE_DIR}/fuzz/libfuzzer_seeds.cc")
    target_link_options(${target} PRIVATE -fsanitize=fuzzer)
  else()
    add_executable(${target} ${F_SOURCES} "${CMAKE_SOURCE_DIR}/fuzz/seeded_driver.cc")
    if(KINGLET_TESTS)
      add_test(NAME Fuzz.${name} COMMAND ${target} --seed 1 --runs ${F_RUNS})
      set_tests_properties(Fuzz.${name} PROPERTIES TIMEOUT 300 LABELS fuzz)
      if(F_CANARY)
        set_tests_properties(Fuzz.${name} PROPERTIES PASS_REGULAR_EXPRESSION "failed: --seed 1 --first [0-9]+ --runs 1")
      endif()
    endif()
  endif()
  target_include_directories(${target} PRIVATE "${CMAKE_SOURCE_DIR}")
  target_compile_features(${target} PRIVATE cxx_std_20)
  target_link_libraries(${target} PRIVATE kinglet_warnings ${F_LIBRARIES})
endfunction()
