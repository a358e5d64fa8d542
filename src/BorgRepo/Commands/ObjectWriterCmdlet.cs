namespace BorgRepo.Commands;

/// <summary>Base of the cmdlets that change objects: all that a pipeline brings is one transaction.</summary>
public abstract class ObjectWriterCmdlet : RemoteObjectCmdlet
{
    private protected ObjectWriterCmdlet() => Transaction = new PipelineTransaction(this);

    /// <summary>The transaction of this pipeline.</summary>
    internal PipelineTransaction Transaction { get; }

    private protected override void End() => Transaction.Complete();

    private protected override void Release() => Transaction.Dispose();
}
