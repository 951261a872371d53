module github.com/e6data/e6data-go/cmd/e6sql

go 1.26.0

require github.com/e6data/e6data-go v0.0.0

require (
	github.com/alecthomas/kong v1.17.0 // indirect
	github.com/e6data/e6data-go/profiles v0.0.0 // indirect
	github.com/pelletier/go-toml/v2 v2.4.3 // indirect
	go.uber.org/goleak v1.3.0 // indirect
	golang.org/x/net v0.60.0 // indirect
	golang.org/x/oauth2 v0.37.0 // indirect
	golang.org/x/sys v0.50.0 // indirect
	golang.org/x/term v0.48.0 // indirect
	golang.org/x/text v0.42.0 // indirect
	google.golang.org/genproto/googleapis/rpc v0.0.0-20260817212433-ac3dfec99bb1 // indirect
	google.golang.org/grpc v1.85.0 // indirect
	google.golang.org/protobuf v1.36.12 // indirect
)

replace (
	github.com/e6data/e6data-go => ../../
	github.com/e6data/e6data-go/emulator => ../../emulator
	github.com/e6data/e6data-go/profiles => ../../profiles
)
