package wire

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// wireMessages is WIRE.md's section 2, one message a line: its name, then every
// field as "name number type". Nested messages carry their parent's name.
const wireMessages = `
AuthenticateRequest: user 1 string, password 2 string, userNameForImpersonation 3 optional string
AuthenticateResponse: sessionId 1 string, new_strategy 2 optional string, engineIP 3 optional string
PrepareStatementRequest: sessionId 1 string, schema 2 string, queryString 3 string, quoting 4 string, plannerIp 5 optional string, existingQuery 6 optional ExistingQuery
PrepareStatementV2Request: sessionId 1 string, schema 2 string, catalog 3 string, queryString 4 string, quoting 5 string, plannerIp 6 optional string, existingQuery 7 optional ExistingQuery
PrepareStatementResponse: engineIP 1 string, queryId 2 string, sessionId 3 string, new_strategy 4 optional string
ExecuteStatementRequest: engineIP 1 string, sessionId 2 string, queryId 3 string, shouldNotCache 4 bool
ExecuteStatementV2Request: engineIP 1 string, sessionId 2 string, queryId 3 string, shouldNotCache 4 bool, params 5 repeated ParameterValue
ExecuteStatementResponse: sessionId 1 string, new_strategy 2 optional string
GetResultMetadataRequest: engineIP 1 string, sessionId 2 string, queryId 3 string
GetResultMetadataResponse: resultMetaData 1 bytes, sessionId 2 string, new_strategy 3 optional string
GetDynamicParamsRequest: engineIP 1 string, sessionId 2 string, queryId 3 string
GetDynamicParamsResponse: params 1 repeated ParameterValue, sessionId 2 string
GetNextResultBatchRequest: engineIP 1 string, sessionId 2 string, queryId 3 string
GetNextResultBatchResponse: resultBatch 2 bytes, sessionId 3 string, new_strategy 4 optional string
GetNextResultBatchV2Response: resultBatches 1 repeated bytes, sessionId 2 string, new_strategy 3 optional string, endOfStream 4 bool
ExplainAnalyzeRequest: engineIP 1 string, sessionId 2 string, queryId 3 string
ExplainAnalyzeResponse: explainAnalyze 1 string, isCached 2 bool, parsingTime 3 sint64, queueingTime 4 sint64, sessionId 5 string, new_strategy 6 optional string
ExplainRequest: engineIP 1 string, sessionId 2 string, queryId 3 string
ExplainResponse: explain 1 string, sessionId 2 string, new_strategy 3 optional string
ClearRequest: engineIP 1 string, sessionId 2 string, queryId 3 string
ClearResponse: sessionId 1 string, new_strategy 2 optional string
CancelQueryRequest: engineIP 1 string, sessionId 2 string, queryId 3 string
CancelQueryResponse: sessionId 1 string, new_strategy 2 optional string
ClearOrCancelQueryRequest: engineIP 1 string, sessionId 2 string, queryId 3 string, isDone 4 optional bool
ClearOrCancelQueryResponse: sessionId 1 string, new_strategy 2 optional string
StatusRequest: engineIP 1 string, sessionId 2 string, queryId 3 string
StatusResponse: status 2 bool, rowCount 3 sint64, sessionId 4 string, new_strategy 5 optional string
GetCatalogesRequest:
GetCatalogesResponse: catalogResponses 1 repeated CatalogResponse
GetSchemaNamesRequest: sessionId 1 string
GetSchemaNamesV2Request: sessionId 1 string, catalog 2 string
GetSchemaNamesResponse: schemas 1 repeated string, sessionId 2 string, new_strategy 3 optional string
GetTablesRequest: sessionId 1 string, schema 2 string
GetTablesV2Request: sessionId 1 string, schema 2 string, catalog 3 string
GetTablesResponse: tables 1 repeated string, sessionId 2 string, new_strategy 3 optional string
GetColumnsRequest: sessionId 1 string, schema 2 string, table 3 string
GetColumnsV2Request: sessionId 1 string, schema 2 string, table 3 string, catalog 4 string
GetColumnsResponse: fieldInfo 1 repeated GFieldInfo, sessionId 2 string, new_strategy 3 optional string
DryRunRequest: engineIP 1 string, sessionId 2 string, schema 3 string, queryString 4 string
DryRunRequestV2: engineIP 1 string, sessionId 2 string, schema 3 string, queryString 4 string, catalog 5 string
DryRunResponse: dryrunValue 1 string
HealthCheckRequest:
HealthCheckResponse:
IdentifyPlannerRequest: sessionId 1 string, firstTimeRequestPayload 2 optional IdentifyPlannerRequest.FirstTimeRequestPayload, existingQuery 3 optional ExistingQuery
IdentifyPlannerRequest.FirstTimeRequestPayload: schema 1 string, catalog 2 string, queryString 3 string
IdentifyPlannerResponse: existingQuery 1 ExistingQuery, plannerIp 2 optional string, queueMessage 3 IdentifyPlannerResponse.QueueMessage, sessionId 4 string
ParameterValue: index 1 sint32, type 2 string, value 3 string
GFieldInfo: fieldName 1 string, fieldType 2 string
CatalogResponse: name 1 string, isDefault 2 bool
ExistingQuery: queryId 1 string, elapsedTimeMillis 2 int64

ResumeRequest: user 1 string, password 2 string
ResumeResponse: status 1 string
SuspendRequest: user 1 string, password 2 string
SuspendResponse: status 1 string
ClusterStatusRequest: user 1 string, password 2 string
ClusterStatusResponse: status 1 string
`

const wireEnums = `
IdentifyPlannerResponse.QueueMessage: GO_AHEAD 0, WAITING_ON_PLANNER_SCALEUP 1, RATE_LIMIT 2
`

// wireMethods is every full method name with its request and response message.
const wireMethods = `
/QueryEngineService/authenticate: AuthenticateRequest, AuthenticateResponse
/QueryEngineService/prepareStatement: PrepareStatementRequest, PrepareStatementResponse
/QueryEngineService/prepareStatementV2: PrepareStatementV2Request, PrepareStatementResponse
/QueryEngineService/executeStatement: ExecuteStatementRequest, ExecuteStatementResponse
/QueryEngineService/executeStatementV2: ExecuteStatementV2Request, ExecuteStatementResponse
/QueryEngineService/getResultMetadata: GetResultMetadataRequest, GetResultMetadataResponse
/QueryEngineService/getDynamicParams: GetDynamicParamsRequest, GetDynamicParamsResponse
/QueryEngineService/getNextResultBatch: GetNextResultBatchRequest, GetNextResultBatchResponse
/QueryEngineService/getNextResultBatchV2: GetNextResultBatchRequest, GetNextResultBatchV2Response
/QueryEngineService/explainAnalyze: ExplainAnalyzeRequest, ExplainAnalyzeResponse
/QueryEngineService/explain: ExplainRequest, ExplainResponse
/QueryEngineService/clear: ClearRequest, ClearResponse
/QueryEngineService/cancelQuery: CancelQueryRequest, CancelQueryResponse
/QueryEngineService/clearOrCancelQuery: ClearOrCancelQueryRequest, ClearOrCancelQueryResponse
/QueryEngineService/status: StatusRequest, StatusResponse
/QueryEngineService/getCataloges: GetCatalogesRequest, GetCatalogesResponse
/QueryEngineService/getSchemaNames: GetSchemaNamesRequest, GetSchemaNamesResponse
/QueryEngineService/getSchemaNamesV2: GetSchemaNamesV2Request, GetSchemaNamesResponse
/QueryEngineService/getTables: GetTablesRequest, GetTablesResponse
/QueryEngineService/getTablesV2: GetTablesV2Request, GetTablesResponse
/QueryEngineService/getColumns: GetColumnsRequest, GetColumnsResponse
/QueryEngineService/getColumnsV2: GetColumnsV2Request, GetColumnsResponse
/QueryEngineService/dryRun: DryRunRequest, DryRunResponse
/QueryEngineService/dryRunV2: DryRunRequestV2, DryRunResponse
/QueryEngineService/healthCheck: HealthCheckRequest, HealthCheckResponse
/QueryEngineService/identifyPlanner: IdentifyPlannerRequest, IdentifyPlannerResponse

/ClusterService/resume: ResumeRequest, ResumeResponse
/ClusterService/suspend: SuspendRequest, SuspendResponse
/ClusterService/status: ClusterStatusRequest, ClusterStatusResponse
`

// protoFiles is a function because the descriptors are only set by init.
func protoFiles() []protoreflect.FileDescriptor {
	return []protoreflect.FileDescriptor{File_wire_query_engine_proto, File_wire_cluster_proto}
}

func TestMessagesMatchWirePage(t *testing.T) {
	t.Parallel()
	got := table{}
	for _, f := range protoFiles() {
		describeMessages(t, f.Messages(), got)
	}
	compare(t, got, parseTable(t, wireMessages))
}

func TestEnumsMatchWirePage(t *testing.T) {
	t.Parallel()
	got := table{}
	for _, f := range protoFiles() {
		describeEnums(f.Enums(), got)
		for _, m := range allMessages(f.Messages()) {
			describeEnums(m.Enums(), got)
		}
	}
	compare(t, got, parseTable(t, wireEnums))
}

func TestMethodsMatchWirePage(t *testing.T) {
	t.Parallel()
	got := table{}
	for _, f := range protoFiles() {
		for i := range f.Services().Len() {
			s := f.Services().Get(i)
			for j := range s.Methods().Len() {
				m := s.Methods().Get(j)
				name := fmt.Sprintf("/%s/%s", s.FullName(), m.Name())
				got[name] = []string{string(m.Input().FullName()), string(m.Output().FullName())}
			}
		}
	}
	compare(t, got, parseTable(t, wireMethods))
}

// The generated clients and servers use these, not the descriptors.
func TestServiceDescsMatchWirePage(t *testing.T) {
	t.Parallel()
	want := slices.Sorted(maps.Keys(parseTable(t, wireMethods)))
	var got []string
	for _, s := range []grpc.ServiceDesc{QueryEngineService_ServiceDesc, ClusterService_ServiceDesc} {
		for _, m := range s.Methods {
			got = append(got, "/"+s.ServiceName+"/"+m.MethodName)
		}
		if len(s.Streams) != 0 {
			t.Errorf("%s has %d streams, want unary calls only", s.ServiceName, len(s.Streams))
		}
	}
	slices.Sort(got)
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

// Go's protobuf registry is one per program and panics on a path registered twice;
// "cluster.proto" would invite that.
func TestRegisteredPaths(t *testing.T) {
	t.Parallel()
	for i, want := range []string{"wire/query_engine.proto", "wire/cluster.proto"} {
		if got := protoFiles()[i].Path(); got != want {
			t.Errorf("registered as %q, want %q", got, want)
		}
	}
}

// table holds a name's members in order: a message's fields, an enum's values, a
// method's request and response.
type table map[string][]string

func parseTable(t *testing.T, text string) table {
	t.Helper()
	parsed := table{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		name, rest, ok := strings.Cut(line, ":")
		if !ok {
			t.Fatalf("no colon in %q", line)
		}
		if _, twice := parsed[name]; twice {
			t.Fatalf("%s is listed twice", name)
		}
		members := []string{}
		if rest = strings.TrimSpace(rest); rest != "" {
			members = strings.Split(rest, ", ")
		}
		parsed[name] = members
	}
	return parsed
}

// compare fails for whatever only one of the two has.
func compare(t *testing.T, got, want table) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(want)) {
		members, ok := got[name]
		if !ok {
			t.Errorf("%s: in the table, not in the protos", name)
			continue
		}
		if !slices.Equal(members, want[name]) {
			t.Errorf("%s:\n got %s\nwant %s", name,
				strings.Join(members, ", "), strings.Join(want[name], ", "))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if _, ok := want[name]; !ok {
			t.Errorf("%s: in the protos, not in the table", name)
		}
	}
}

// allMessages is the messages given and those nested in them, at any depth.
func allMessages(ms protoreflect.MessageDescriptors) []protoreflect.MessageDescriptor {
	var all []protoreflect.MessageDescriptor
	for i := range ms.Len() {
		all = append(all, ms.Get(i))
		all = append(all, allMessages(ms.Get(i).Messages())...)
	}
	return all
}

func describeMessages(t *testing.T, ms protoreflect.MessageDescriptors, into table) {
	t.Helper()
	for _, m := range allMessages(ms) {
		fields := []string{}
		for i := range m.Fields().Len() {
			fields = append(fields, describeField(t, m.Fields().Get(i)))
		}
		into[string(m.FullName())] = fields
	}
}

func describeField(t *testing.T, f protoreflect.FieldDescriptor) string {
	t.Helper()
	typ := f.Kind().String()
	switch {
	case f.IsMap():
		t.Errorf("%s is a map: the wire has none", f.FullName())
	case f.Message() != nil:
		typ = string(f.Message().FullName())
	case f.Enum() != nil:
		typ = string(f.Enum().FullName())
	}
	if o := f.ContainingOneof(); o != nil && !o.IsSynthetic() {
		t.Errorf("%s is in oneof %s: the wire has none", f.FullName(), o.Name())
	}
	if f.HasOptionalKeyword() {
		typ = "optional " + typ
	}
	if f.IsList() {
		typ = "repeated " + typ
	}
	return fmt.Sprintf("%s %d %s", f.Name(), f.Number(), typ)
}

func describeEnums(es protoreflect.EnumDescriptors, into table) {
	for i := range es.Len() {
		values := []string{}
		for j := range es.Get(i).Values().Len() {
			v := es.Get(i).Values().Get(j)
			values = append(values, fmt.Sprintf("%s %d", v.Name(), v.Number()))
		}
		into[string(es.Get(i).FullName())] = values
	}
}
