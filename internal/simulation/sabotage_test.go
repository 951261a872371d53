package simulation

import "context"

type sabotage struct{}

func (b *sabotage) send(ctx context.Context, d *deployment, c *rpc, reply any) error {
	return d.send(ctx, c, reply)
}
