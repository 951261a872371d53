package main

import "context"

func (a *app) doctor(ctx context.Context, g *cli) int { return 0 }
func (a *app) shell(ctx context.Context, g *cli) int  { return 0 }
