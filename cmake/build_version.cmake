# cmake -DSOURCE_DIR=.. -DVERSION=0.1.0 -DTEMPLATE=x.cc.in -DOUTPUT=x.cc -P build_version.cmake
#
# Writes OUTPUT from TEMPLATE with @BUILD_VERSION@: the version, and in a git tree the commit it was built from, "0.1.0+3f2a91c", with
# ".dirty" when files differ from it. Leaves OUTPUT alone when it says so already, so that nothing is compiled again.
set(BUILD_VERSION "${VERSION}")
find_program(GIT git)
if(GIT)
  execute_process(COMMAND "${GIT}" -C "${SOURCE_DIR}" describe --always --abbrev=12 --dirty=.dirty --exclude=*
    OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
  if(NOT failed)
    string(APPEND BUILD_VERSION "+${commit}")
  endif()
endif()
configure_file("${TEMPLATE}" "${OUTPUT}" @ONLY)
