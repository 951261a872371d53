package simulation

import (
	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"
)

// alwaysReady is the name of a balancer for which a channel is always ready. No call
// reaches it, because the interceptor answers them all. The driver asks a channel
// whether it is ready, to find out whether its connection may be lost.
const alwaysReady = "simulation_ready"

func init() { balancer.Register(readyBuilder{}) }

type readyBuilder struct{}

func (readyBuilder) Name() string { return alwaysReady }

func (readyBuilder) Build(cc balancer.ClientConn, _ balancer.BuildOptions) balancer.Balancer {
	return readyBalancer{cc}
}

type readyBalancer struct{ cc balancer.ClientConn }

func (b readyBalancer) UpdateClientConnState(balancer.ClientConnState) error {
	b.cc.UpdateState(balancer.State{ConnectivityState: connectivity.Ready, Picker: noPicker{}})
	return nil
}

func (readyBalancer) ResolverError(error)                                        {}
func (readyBalancer) UpdateSubConnState(balancer.SubConn, balancer.SubConnState) {}
func (readyBalancer) Close()                                                     {}
func (readyBalancer) ExitIdle()                                                  {}

type noPicker struct{}

func (noPicker) Pick(balancer.PickInfo) (balancer.PickResult, error) {
	return balancer.PickResult{}, balancer.ErrNoSubConnAvailable
}
