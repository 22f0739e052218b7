using System.CommandLine;
using Tributary.Server.Cli;

return await TributaryCommand.Build().Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
