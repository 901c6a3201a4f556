module aiwfe.io/platform/tools/miniredis

go 1.24

tool aiwfe.io/platform/tools/miniredis

require github.com/alicebob/miniredis/v2 v2.40.0

require github.com/yuin/gopher-lua v1.1.1 // indirect
