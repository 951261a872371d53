package wire

import (
	"slices"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// protoFiles is a function, because init sets the descriptors.
func protoFiles() []protoreflect.FileDescriptor {
	return []protoreflect.FileDescriptor{File_wire_query_engine_proto, File_wire_cluster_proto}
}

// The generated clients and servers use these and not the descriptors. A test in
// the repository's root compares the descriptors with docs/protocol.md.
func TestServiceDescsMatchDescriptors(t *testing.T) {
	t.Parallel()
	var got, want []string
	for _, s := range []grpc.ServiceDesc{QueryEngineService_ServiceDesc, ClusterService_ServiceDesc} {
		for _, m := range s.Methods {
			got = append(got, "/"+s.ServiceName+"/"+m.MethodName)
		}
		if len(s.Streams) != 0 {
			t.Errorf("%s has %d streams, want unary calls only", s.ServiceName, len(s.Streams))
		}
	}
	for _, f := range protoFiles() {
		for i := range f.Services().Len() {
			s := f.Services().Get(i)
			for j := range s.Methods().Len() {
				want = append(want, "/"+string(s.FullName())+"/"+string(s.Methods().Get(j).Name()))
			}
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("method names:\n got %q\nwant %q", got, want)
	}
}

func TestNoProtoPackage(t *testing.T) {
	t.Parallel()
	for _, f := range protoFiles() {
		if f.Package() != "" {
			t.Errorf("%s: package %q, want none", f.Path(), f.Package())
		}
		if f.Syntax() != protoreflect.Proto3 {
			t.Errorf("%s: syntax %v, want proto3", f.Path(), f.Syntax())
		}
	}
}

func TestUnaryOnly(t *testing.T) {
	t.Parallel()
	for _, f := range protoFiles() {
		for i := range f.Services().Len() {
			methods := f.Services().Get(i).Methods()
			for j := range methods.Len() {
				if m := methods.Get(j); m.IsStreamingClient() || m.IsStreamingServer() {
					t.Errorf("%s is streaming", m.FullName())
				}
			}
		}
	}
}

// A program has one protobuf registry, and it panics if a path is registered
// twice. A path such as "cluster.proto" could occur twice.
func TestRegisteredPaths(t *testing.T) {
	t.Parallel()
	for i, want := range []string{"wire/query_engine.proto", "wire/cluster.proto"} {
		if got := protoFiles()[i].Path(); got != want {
			t.Errorf("registered as %q, want %q", got, want)
		}
	}
}
